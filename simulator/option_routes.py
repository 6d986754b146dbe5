"""The REST routes of options: their market data, and the list of contracts. Sources: "Market Data API", "Trading API"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import Endpoint, answer, for_account, refusal
from simulator.channels import OPTIONS
from simulator.data_query import parse_symbols
from simulator.market_data import Reading
from simulator.option import Contract
from simulator.option_data import OptionData


def option_routes(data: OptionData, accounts: Accounts) -> list[Route]:
    """The routes, behind the key check."""
    readings: dict[str, Reading] = {
        "bars": data.bars,
        "trades": data.trades,
        "trades/latest": data.latest_trades,
        "quotes/latest": data.latest_quotes,
    }
    paths = {f"/v1beta1/options/{name}": _several(reading) for name, reading in readings.items()}
    paths["/v2/options/contracts"] = _contracts(data)
    paths["/v2/options/contracts/{name}"] = _contract(data)
    return [Route(path, for_account(accounts, endpoint), methods=["GET"]) for path, endpoint in paths.items()]


def _several(reading: Reading) -> Endpoint:
    async def read(request: Request) -> Response:
        symbols = parse_symbols(request.query_params.get("symbols"), OPTIONS.symbol)
        return answer(reading(symbols, request.query_params))

    return read


def _contracts(data: OptionData) -> Endpoint:
    async def read(request: Request) -> Response:
        found = [each for each in data.contracts.values() if _is_asked_for(each, request.query_params)]
        return answer({"option_contracts": [_fields(each) for each in found], "next_page_token": None})

    return read


def _contract(data: OptionData) -> Endpoint:
    async def read(request: Request) -> Response:
        name = request.path_params["name"]
        ids = {str(each.contract_id): each for each in data.contracts.values()}
        contract = data.contracts.get(name.upper()) or ids.get(name.lower())
        return (
            answer(_fields(contract)) if contract else refusal(404, f"option contract not found for {name}", 40410000)
        )

    return read


def _is_asked_for(contract: Contract, parameters: Mapping[str, str]) -> bool:
    """By underlying, kind and expiration; what else Alpaca can filter by is not looked at."""
    underlying, day = contract.underlying.symbol, contract.expiration.isoformat()
    return (
        underlying in (parameters.get("underlying_symbols") or underlying).split(",")
        and parameters.get("type", contract.kind) == contract.kind
        and parameters.get("expiration_date", day) == day
        and parameters.get("expiration_date_gte", day) <= day <= parameters.get("expiration_date_lte", day)
    )


def _fields(contract: Contract) -> dict[str, Any]:
    underlying = contract.underlying
    return {
        "id": str(contract.contract_id),
        "symbol": contract.symbol,
        "name": f"{underlying.symbol} {contract.expiration:%b %d %Y} {contract.strike} {contract.kind.capitalize()}",
        "status": "active",
        "tradable": False,
        "expiration_date": contract.expiration.isoformat(),
        "root_symbol": underlying.symbol,
        "underlying_symbol": underlying.symbol,
        "underlying_asset_id": str(underlying.asset_id),
        "type": contract.kind,
        "style": "american",
        "strike_price": str(contract.strike),
        "multiplier": "100",
        "size": "100",
        "open_interest": None,
        "open_interest_date": None,
        "close_price": None,
        "close_price_date": None,
    }
