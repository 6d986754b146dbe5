"""The REST routes of options' market data. Source: "Market Data API"."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import Endpoint, answer, for_account
from simulator.channels import OPTIONS
from simulator.contract_filter import ContractFilter
from simulator.data_query import BadQuery, parse_symbols, read_feed
from simulator.market_data import Reading
from simulator.option_data import OptionData
from simulator.option_snapshots import OptionSnapshots

OPTION_FEEDS = ("opra", "indicative")


def option_routes(data: OptionData, snapshots: OptionSnapshots, accounts: Accounts) -> list[Route]:
    """The routes, behind the key check."""
    readings: dict[str, Reading] = {
        "bars": data.bars,
        "trades": data.trades,
        "trades/latest": data.latest_trades,
        "quotes/latest": data.latest_quotes,
    }
    paths = {f"/v1beta1/options/{name}": _several(reading) for name, reading in readings.items()}
    paths["/v1beta1/options/snapshots"] = _snapshots(data, snapshots)
    paths["/v1beta1/options/snapshots/{underlying}"] = _chain(data, snapshots)
    return [Route(path, for_account(accounts, endpoint), methods=["GET"]) for path, endpoint in paths.items()]


def _symbols(request: Request) -> list[str]:
    read_feed(request.query_params, OPTION_FEEDS)
    return parse_symbols(request.query_params.get("symbols"), OPTIONS.symbol)


def _several(reading: Reading) -> Endpoint:
    async def read(request: Request) -> Response:
        return answer(reading(_symbols(request), request.query_params))

    return read


def _snapshots(data: OptionData, snapshots: OptionSnapshots) -> Endpoint:
    async def read(request: Request) -> Response:
        known = [data.contracts[symbol] for symbol in set(_symbols(request)) if symbol in data.contracts]
        return answer(snapshots.page(known, request.query_params))

    return read


def _chain(data: OptionData, snapshots: OptionSnapshots) -> Endpoint:
    async def read(request: Request) -> Response:
        read_feed(request.query_params, OPTION_FEEDS)
        (underlying,) = parse_symbols(request.path_params["underlying"])
        try:
            wanted = ContractFilter.parse(request.query_params)
        except ValueError as problem:
            raise BadQuery(str(problem)) from problem
        chain = [each for each in data.contracts.values() if each.underlying.symbol == underlying]
        return answer(snapshots.page(filter(wanted.lets_through, chain), request.query_params))

    return read
