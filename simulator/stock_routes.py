"""The REST routes of stock market data: each for several symbols by query, and for one by path."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import Endpoint, answer, for_account, refusal
from simulator.data_query import parse_symbols
from simulator.market_data import MarketData, Reading
from simulator.stock_query import check_stock_query
from simulator.wire_fields import Fields


def stock_routes(data: MarketData, accounts: Accounts, *, sip: bool = True) -> list[Route]:
    """The routes, behind the key check. A single symbol's latest goes under a singular name, its snapshot unwrapped.

    `sip` says whether all have paid for the newest of that feed.
    """
    several: dict[str, Endpoint] = {"snapshots": _several(data.snapshots)}
    one: dict[str, Endpoint] = {"snapshot": _snapshot(data)}
    history: tuple[tuple[str, Reading], ...] = (("bars", data.bars), ("trades", data.trades), ("quotes", data.quotes))
    for name, reading in history:
        several[name], one[name] = _several(reading), _one(reading, name, name)
    latest: tuple[tuple[str, Reading], ...] = (
        ("bars", data.latest_bars),
        ("trades", data.latest_trades),
        ("quotes", data.latest_quotes),
    )
    for name, reading in latest:
        several[f"{name}/latest"], one[f"{name}/latest"] = _several(reading), _one(reading, name, name[:-1])
    paths = {f"/v2/stocks/{name}": endpoint for name, endpoint in several.items()}
    paths |= {f"/v2/stocks/{{symbol}}/{name}": endpoint for name, endpoint in one.items()}
    return [
        Route(path, for_account(accounts, _checked(endpoint, data, sip, latest=_is_latest(path))), methods=["GET"])
        for path, endpoint in paths.items()
    ]


def _is_latest(path: str) -> bool:
    return path.endswith(("/latest", "/snapshots", "/snapshot"))


def _checked(endpoint: Endpoint, data: MarketData, sip: bool, *, latest: bool) -> Endpoint:
    async def read(request: Request) -> Response:
        check_stock_query(request.query_params, data.now(), latest=latest, sip=sip)
        return await endpoint(request)

    return read


def _several(reading: Reading) -> Endpoint:
    async def read(request: Request) -> Response:
        return answer(reading(parse_symbols(request.query_params.get("symbols")), request.query_params))

    return read


def _one(reading: Reading, plural: str, name: str) -> Endpoint:
    async def read(request: Request) -> Response:
        (symbol,) = parse_symbols(request.path_params["symbol"])
        body = reading([symbol], request.query_params)
        empty: list[Fields] | None = [] if name == plural else None
        body[name] = body.pop(plural).get(symbol, empty)
        if body[name] is None:
            return refusal(404, f"no {name} found for {symbol}")
        return answer({"symbol": symbol, **body})

    return read


def _snapshot(data: MarketData) -> Endpoint:
    async def read(request: Request) -> Response:
        (symbol,) = parse_symbols(request.path_params["symbol"])
        return answer({"symbol": symbol, **data.snapshots([symbol], {}).get(symbol, {})})

    return read
