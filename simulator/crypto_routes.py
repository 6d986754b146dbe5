"""The REST routes of coins' market data. Source: "Market Data API". Nobody needs a key for them."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.answer import Endpoint, answer, for_anybody
from simulator.data_query import parse_symbols
from simulator.market_data import MarketData, Reading
from simulator.wire_fields import Fields

LOCATIONS = ("us", "us-1", "us-2", "eu-1", "bs-1")


def crypto_routes(data: MarketData | None) -> list[Route]:
    """The routes; every location has the same coins. None without coins."""
    if data is None:
        return []

    def snapshots(symbols: list[str], parameters: Mapping[str, str]) -> Fields:
        return {"snapshots": data.snapshots(symbols, parameters)}

    readings: dict[str, Reading] = {
        "bars": data.bars,
        "trades": data.trades,
        "quotes": data.quotes,
        "latest/bars": data.latest_bars,
        "latest/trades": data.latest_trades,
        "latest/quotes": data.latest_quotes,
        "latest/orderbooks": data.latest_books,
        "snapshots": snapshots,
    }
    return [
        Route(f"/v1beta3/crypto/{location}/{name}", for_anybody(_several(reading, data)), methods=["GET"])
        for location in LOCATIONS
        for name, reading in readings.items()
    ]


def _several(reading: Reading, data: MarketData) -> Endpoint:
    async def read(request: Request) -> Response:
        symbols = parse_symbols(request.query_params.get("symbols"), data.channels.symbol)
        return answer(reading(symbols, request.query_params))

    return read
