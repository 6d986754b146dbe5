"""The faults of REST answers: what goes wrong between a request of a trading client and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.answer import refusal
from simulator.fault import Faults
from simulator.reset import Reset

PROXY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
TRADING = ("/v2/orders", "/v2/positions", "/v2/account")


async def submit_with_faults(faults: Faults, accept: Callable[[], Response]) -> Response:
    """The answer to POST /v2/orders. `accept` is not called if a fault strikes before, and once else."""
    if faults.use("504_before_accept"):
        return _gateway_timeout()
    if faults.use("rate_limited"):
        return refusal(429, "rate limit exceeded", 42910000)
    if faults.use("reset_before_accept"):
        return Reset()
    if hang := faults.use("hang_before_accept"):
        await asyncio.sleep(hang.seconds)
        return _gateway_timeout()
    response = accept()
    if hang := faults.use("hang"):
        await asyncio.sleep(hang.seconds)
    return _spoilt(faults, response)


def _spoilt(faults: Faults, response: Response) -> Response:
    """What the client gets to see of an order that is there."""
    if faults.use("504_after_accept"):
        return _gateway_timeout()
    if faults.use("html_after_accept"):
        return HTMLResponse(PROXY_PAGE, 502)
    if faults.use("empty_after_accept"):
        return Response(b"", 200, media_type="application/json")
    if faults.use("truncated_after_accept"):
        return Response(bytes(response.body)[: len(response.body) // 2], 200, media_type="application/json")
    if faults.use("duplicate_after_accept"):
        return refusal(422, "client_order_id must be unique", 42210000)
    return Reset() if faults.use("reset_after_accept") else response


def _gateway_timeout() -> Response:
    return refusal(504, "gateway timeout", 50410000)


class RestFaults:
    """Strikes every other request of the trading side, before anything is done: look-ups, lists, cancels, changes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = await self._struck(scope)
        await (answered or self._app)(scope, receive, send)

    async def _struck(self, scope: Scope) -> Response | None:
        if scope["type"] != "http" or not scope["path"].startswith(TRADING):
            return None
        if (scope["method"], scope["path"]) == ("POST", "/v2/orders"):
            return None
        if self._faults.use("rest_504"):
            return _gateway_timeout()
        if self._faults.use("rest_rate_limited"):
            return refusal(429, "rate limit exceeded", 42910000)
        if self._faults.use("rest_html"):
            return HTMLResponse(PROXY_PAGE, 502)
        if hang := self._faults.use("rest_hang"):
            await asyncio.sleep(hang.seconds)
            return _gateway_timeout()
        return Reset() if self._faults.use("rest_reset") else None
