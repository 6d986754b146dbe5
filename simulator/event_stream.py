"""Trade updates as server-sent events: GET /v2/events/trades, which some clients follow in place of the websocket.

Source: "Websocket Streaming" and Alpaca's Go client: a line `data: {...}` an event, `:heartbeat` when there is none.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import for_account
from simulator.order_list import moment_of
from simulator.rejection import malformed
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

KEPT = 10_000
HEARTBEAT_S = 10.0
WAITING = 1_024
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MS_NS = 1_000_000


def event_id(ts_event: int, number: int) -> str:
    """A ULID: milliseconds, then a number that grows, in base 32; sorts as the events do."""
    value = (ts_event // _MS_NS) << 80 | number
    return "".join(_DIGITS[value >> 5 * place & 31] for place in reversed(range(26)))


@dataclass(frozen=True, slots=True)
class Event:
    """One that was told to an account; `ts_event` in nanoseconds UTC of market time."""

    account_id: UUID
    ts_event: int
    event_id: str
    line: bytes


class Events:
    """The last events of all accounts, and who follows them. Telling never waits for a follower."""

    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._followers: dict[asyncio.Queue[Event | None], UUID] = {}
        self._count = 0

    def is_followed(self, account_id: UUID) -> bool:
        """Whether anybody follows an account."""
        return account_id in self._followers.values()

    def tell(self, account_id: UUID, ts_event: int, update: Fields) -> None:
        """One more event; a follower that has left too many unread is let go."""
        self._count += 1
        name = event_id(ts_event, self._count)
        line = b"data: " + msgspec.json.encode({"at": rfc3339(ts_event), "event_id": name, **update}) + b"\n\n"
        event = Event(account_id, ts_event, name, line)
        self._kept.append(event)
        for queue, whose in list(self._followers.items()):
            if whose == account_id:
                self._put(queue, event)

    def _put(self, queue: asyncio.Queue[Event | None], event: Event | None) -> None:
        if queue.full():
            queue.get_nowait()
            event = None
        queue.put_nowait(event)
        if event is None:
            self._followers.pop(queue, None)

    def close_account(self, account_id: UUID) -> None:
        """Ends the streams of an account."""
        for queue, whose in list(self._followers.items()):
            if whose == account_id:
                self._put(queue, None)

    def close_all(self) -> None:
        """Ends every stream."""
        for queue in list(self._followers):
            self._put(queue, None)

    async def follow(self, account_id: UUID, span: Span) -> AsyncIterator[bytes]:
        """What was told since the beginning of the span, if it has one, and then what comes, if it has no end."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(WAITING)
        old = [each for each in self._kept if each.account_id == account_id and span.covers(each)]
        self._followers[queue] = account_id
        try:
            yield b":heartbeat\n\n"
            for event in old:
                yield event.line
            while not span.ends:
                try:
                    found = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield b":heartbeat\n\n"
                    continue
                if found is None:
                    return
                yield found.line
        finally:
            self._followers.pop(queue, None)


@dataclass(frozen=True, slots=True)
class Span:
    """Both ends of times are included, those of ids too; without a beginning nothing old is told."""

    since: int | None
    until: int | None
    since_id: str | None
    until_id: str | None

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> Self:
        """Raises Rejection."""
        since, until = moment_of(parameters, "since"), moment_of(parameters, "until")
        since_id, until_id = parameters.get("since_id"), parameters.get("until_id")
        if (since is not None and since_id) or (until is not None and until_id):
            raise malformed("a time and an id cannot be used together")
        if (until is not None or until_id) and since is None and not since_id:
            raise malformed("since or since_id is required with until")
        return cls(since, until, since_id, until_id)

    @property
    def ends(self) -> bool:
        """Whether only what is over was asked for."""
        return self.until is not None or bool(self.until_id)

    def covers(self, event: Event) -> bool:
        """Whether an old event is to be told."""
        if self.since is None and not self.since_id:
            return False
        late_enough = event.ts_event >= (self.since or 0) and event.event_id >= (self.since_id or "")
        is_over = self.until is not None and event.ts_event > self.until
        return late_enough and not is_over and (not self.until_id or event.event_id <= self.until_id)


def event_routes(events: Events, accounts: Accounts) -> list[Route]:
    """The route, behind the key check."""

    async def read(request: Request) -> Response:
        account = accounts.from_headers(request.headers)
        assert account is not None, "the route is behind the key check"
        lines = events.follow(account.account_id, Span.parse(request.query_params))
        return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    return [Route("/v2/events/trades", for_account(accounts, read), methods=["GET"])]
