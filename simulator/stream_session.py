"""One client's session on the market data stream, without any I/O: what it says comes in, what to answer comes out.

Source: "Streaming Market Data" (sequence, codes and texts of the errors).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.accounts import Account, Accounts, carries_credentials
from simulator.subscriptions import BadSubscription, Subscriptions
from simulator.wire import Fields, decode_request

ERRORS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
    410: "invalid subscribe action for this feed",
}
ENDS_AFTER = frozenset({402, 404, 407})


def error(code: int) -> Fields:
    """An error message of the stream."""
    return {"T": "error", "code": code, "msg": ERRORS[code]}


class Slots:
    """One connection for each account and endpoint."""

    def __init__(self) -> None:
        self._holders: dict[tuple[Account, str], object] = {}

    def take(self, account: Account, endpoint: str, holder: object) -> bool:
        """Whether the holder has the slot now."""
        return self._holders.setdefault((account, endpoint), holder) is holder

    def free(self, account: Account, endpoint: str, holder: object) -> None:
        """Gives the slot back, if the holder has it."""
        if self._holders.get((account, endpoint)) is holder:
            del self._holders[account, endpoint]


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What holds on one endpoint; `symbol_limit` is summed over trades and quotes, None = no limit."""

    endpoint: str
    accounts: Accounts
    slots: Slots
    symbol_limit: int | None
    on_subscribe: Callable[[], None]


class StreamSession:
    """Answers are control messages, each to be sent in a frame of its own. `ended` says when to close the socket."""

    def __init__(self, rules: StreamRules) -> None:
        self._rules = rules
        self.account: Account | None = None
        self.subscriptions = Subscriptions()
        self.may_linger = False
        self.ended = False

    def open(self, headers: Mapping[str, str]) -> list[Fields]:
        """What the server says unprompted; headers of the upgrade may authenticate at once."""
        greeting: list[Fields] = [{"T": "success", "msg": "connected"}]
        if carries_credentials(headers):
            greeting.append(self._authenticate(self._rules.accounts.from_headers(headers)))
        return greeting

    def receive(self, data: bytes | str) -> Fields:
        """The answer to one message of the client."""
        try:
            request = decode_request(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._refuse(400)
        if not isinstance(request, dict):
            return self._refuse(400)
        return self._act(request)

    def expire(self) -> list[Fields]:
        """The time to authenticate is over. A client that was told to wait for its slot may stay."""
        return [] if self.account is not None or self.may_linger else [self._refuse(404)]

    def fall_behind(self) -> Fields:
        """The client reads too slowly."""
        return self._refuse(407)

    def close(self) -> None:
        """The connection is gone; its slot is free at once."""
        if self.account is not None:
            self._rules.slots.free(self.account, self._rules.endpoint, self)
        self.subscriptions = Subscriptions()

    def _act(self, request: Mapping[str, Any]) -> Fields:
        action = request.get("action")
        if action == "auth":
            found = self._rules.accounts.authenticate(request.get("key"), request.get("secret"))
            return self._authenticate(found)
        if action not in ("subscribe", "unsubscribe"):
            return self._refuse(400)
        return self._refuse(401) if self.account is None else self._subscribe(action, request)

    def _authenticate(self, account: Account | None) -> Fields:
        if self.account is not None:
            return self._refuse(403)
        if account is None:
            return self._refuse(402)
        if not self._rules.slots.take(account, self._rules.endpoint, self):
            self.may_linger = True
            return self._refuse(406)
        self.account = account
        return {"T": "success", "msg": "authenticated"}

    def _subscribe(self, action: str, request: Mapping[str, Any]) -> Fields:
        current = self.subscriptions
        try:
            wanted = current.plus(request) if action == "subscribe" else current.minus(request)
        except BadSubscription as refusal:
            return self._refuse(refusal.code)
        limit = self._rules.symbol_limit
        if limit is not None and wanted.market_data_count() > max(limit, current.market_data_count()):
            return self._refuse(405)
        self.subscriptions = wanted
        if wanted:
            self._rules.on_subscribe()
        return wanted.acknowledgement()

    def _refuse(self, code: int) -> Fields:
        self.ended = self.ended or code in ENDS_AFTER
        return error(code)
