"""The headers on every answer: a request id, and where the key stands with its rate limit."""

from __future__ import annotations

import time
from collections import Counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.accounts import credentials

REQUESTS_A_MINUTE = 200  # "Usage Plan": trading API, and market data on the free plan


class AnswerHeaders:
    """Counts requests in each minute of real time by key. Tells, and does not refuse."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._minute = 0
        self._used: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._headers(credentials(Headers(scope=scope))[0])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(added)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _headers(self, key: str) -> dict[str, str]:
        minute = int(time.time()) // 60
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        self._used[key] += 1
        return {
            "X-Request-ID": uuid4().hex,
            "X-Ratelimit-Limit": str(REQUESTS_A_MINUTE),
            "X-Ratelimit-Remaining": str(max(0, REQUESTS_A_MINUTE - self._used[key])),
            "X-Ratelimit-Reset": str((minute + 1) * 60),
        }
