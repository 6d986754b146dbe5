"""The door of the data streams: which upgrade requests are let in, and how the others are answered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from simulator.answer import refusal
from simulator.fault import Faults

TOO_MANY = "too many requests."


class Door:
    """Counts upgrades by address in each minute of real time; too many are answered with HTTP 429."""

    def __init__(self, faults: Faults, upgrades_a_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._faults, self._limit, self._clock = faults, upgrades_a_minute, clock
        self._minute = 0
        self._knocks: Counter[str] = Counter()

    def refusal(self, host: str, feed: str) -> Response | None:
        """The answer to a client that stays outside, None for one that may come in."""
        if fault := self._faults.use("data_upgrade_refused", feed):
            return refusal(fault.code, TOO_MANY if fault.code == 429 else "refused")
        minute = int(self._clock()) // 60
        if minute != self._minute:
            self._minute = minute
            self._knocks.clear()
        self._knocks[host] += 1
        return refusal(429, TOO_MANY) if self._knocks[host] > self._limit else None


async def _nowhere(websocket: WebSocket) -> None:
    await websocket.send_denial_response(refusal(404, "endpoint not found", 40410000))


NOWHERE = WebSocketRoute("/{path:path}", _nowhere)
"""For every address at which there is no stream: to be the last of the routes."""
