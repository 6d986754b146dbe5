"""GET /_sim/health: whether the practice market runs, and what it plays. For everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.answer import answer
from simulator.feeds import Feeds
from simulator.market import Market
from simulator.programme import Programme
from simulator.update_hub import UpdateHub
from simulator.wire_time import rfc3339


def health_routes(market: Market, feeds: Feeds, updates: UpdateHub, programme: Programme) -> list[Route]:
    """The route."""

    async def health(_: Request) -> Response:
        """`events` counts trades and quotes since the start, those of the warm-up included; `listeners` the sockets
        that hear of their orders.
        """
        crypto = programme.crypto
        return answer(
            {
                "ok": True,
                "source": market.source.name,
                "fill_model": market.fill_model,
                "symbols": list(market.listings),
                "crypto": list(crypto.listings) if crypto else [],
                "market_time": rfc3339(market.now()),
                "is_open": market.is_open(),
                "connections": len(feeds),
                "listeners": updates.listeners(),
                "events": market.event_count,
            }
        )

    return [Route("/_sim/health", health, methods=["GET"])]
