"""The headers on every answer: a request id, and where the key stands with its rate limit; and the refusal of too many."""

from __future__ import annotations

import time
from collections import Counter
from typing import Literal
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.accounts import credentials
from simulator.answer import refusal

REQUESTS_A_MINUTE = 200  # "Usage Plan": trading API, and market data on the free plan
PAID_DATA_REQUESTS = 10_000  # "About Market Data API": market data on the paid one

Kind = Literal["trading", "data"]


class AnswerHeaders:
    """Counts requests in each minute of real time by key and kind: trading and market data have a limit each."""

    def __init__(self, app: ASGIApp, kept: int = 0, sip: bool = True) -> None:
        """`kept` is the limit beyond which requests are refused, 0 = none is; who has paid (`sip`) has more market data."""
        self._app = app
        self._kept = kept
        more = PAID_DATA_REQUESTS // REQUESTS_A_MINUTE if sip and kept else 1
        told = kept or REQUESTS_A_MINUTE
        self._limits: dict[Kind, int] = {"trading": told, "data": told * more}
        self._minute = 0
        self._used: Counter[tuple[str, Kind]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = kind_of(scope["path"])
        used, added = self._count(_whose(scope), kind)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(added)
            await send(message)

        is_too_much = self._kept and used > self._limits[kind] and not scope["path"].startswith("/_sim/")
        await (too_many(kind) if is_too_much else self._app)(scope, receive, send_with_headers)

    def _count(self, whose: str, kind: Kind) -> tuple[int, dict[str, str]]:
        minute = int(time.time()) // 60
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        self._used[whose, kind] += 1
        used, limit = self._used[whose, kind], self._limits[kind]
        return used, {
            "X-Request-ID": uuid4().hex,
            "X-Ratelimit-Limit": str(limit),
            "X-Ratelimit-Remaining": str(max(0, limit - used)),
            "X-Ratelimit-Reset": str((minute + 1) * 60),
        }


def kind_of(path: str) -> Kind:
    """Which of Alpaca's two hosts a path would be asked at."""
    return "data" if path.startswith(("/v2/stocks/", "/v1beta", "/v1/")) else "trading"


def too_many(kind: Kind) -> Response:
    """The answer beyond the limit; the two sides word it differently."""
    return refusal(429, "too many requests.") if kind == "data" else refusal(429, "rate limit exceeded", 42910000)


def _whose(scope: Scope) -> str:
    """By the key, or the address of who has none."""
    client = scope.get("client")
    return credentials(Headers(scope=scope))[0] or (client[0] if client else "")
