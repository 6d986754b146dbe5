"""The practice market's own routes under /_sim: no part of Alpaca's protocol, and without a key."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.answer import answer
from simulator.hub import Hub
from simulator.market import Market
from simulator.wire import rfc3339


def control_routes(market: Market, hub: Hub) -> list[Route]:
    """GET /_sim/health; `events` counts trades and quotes since the start, those of the warm-up included."""

    async def health(_: Request) -> Response:
        return answer(
            {
                "ok": True,
                "source": market.source.name,
                "symbols": list(market.listings),
                "market_time": rfc3339(market.now()),
                "is_open": market.is_open(),
                "connections": len(hub),
                "events": market.event_count,
            }
        )

    return [Route("/_sim/health", health, methods=["GET"])]
