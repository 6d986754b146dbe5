"""The REST routes of an account: its figures, its settings, its fills. Source: "Trading API"."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.account_wire import account_fields
from simulator.accounts import Accounts
from simulator.activities import Activities, activity_types
from simulator.answer import answer, for_account
from simulator.margin import Margin
from simulator.order_routes import trader_of
from simulator.order_wire import activity_fields
from simulator.portfolio_history import PortfolioHistory, closes_of
from simulator.portfolio_query import PortfolioQuery
from simulator.rejection import malformed
from simulator.request_body import parse_body
from simulator.trader import Configurations, Trader
from simulator.trading_floor import TradingFloor


class AccountRoutes:
    """Every figure is of the moment of the request."""

    def __init__(self, floor: TradingFloor, accounts: Accounts) -> None:
        self._floor, self._accounts = floor, accounts

    def routes(self) -> list[Route]:
        """The routes, behind the key check."""
        endpoints = [
            ("GET", "/v2/account", self.account),
            ("GET", "/v2/account/configurations", self.configurations),
            ("PATCH", "/v2/account/configurations", self.configure),
            ("GET", "/v2/account/portfolio/history", self.history),
            ("GET", "/v2/account/activities", self.activities),
            ("GET", "/v2/account/activities/{kind}", self.activities),
        ]
        return [Route(path, for_account(self._accounts, found), methods=[verb]) for verb, path, found in endpoints]

    async def account(self, request: Request) -> Response:
        """The account of the key."""
        trader = self._trader(request)
        return answer(account_fields(trader, Margin(trader, self._floor.prices), self._floor.market.now()))

    async def configurations(self, request: Request) -> Response:
        """What the user has set."""
        return answer(self._trader(request).row.configurations)

    async def configure(self, request: Request) -> Response:
        """Sets the fields that are given; unknown ones, and null, change nothing."""
        trader, fields = self._trader(request), parse_body(await request.body())
        known = {name: value for name, value in fields.items() if name in Configurations.__struct_fields__}
        changed = _configurations({**asdict(trader.row.configurations), **known})
        self._floor.configure(trader, changed)
        return answer(changed)

    async def history(self, request: Request) -> Response:
        """What the account was worth."""
        trader, now, prices = self._trader(request), self._floor.market.now(), self._floor.prices
        query = PortfolioQuery.parse(request.query_params, now)
        history = PortfolioHistory(
            trader, Margin(trader, prices).equity, now, lambda name: closes_of(*prices.bars(name))
        )
        return answer(history.answer(query, query.windows(self._floor.market.source.hours, trader.row.created_at)))

    async def activities(self, request: Request) -> Response:
        """Fills; the practice market knows no other kind."""
        kinds = activity_types(request.path_params.get("kind"), request.query_params)
        wanted = Activities.parse(request.query_params)
        found = wanted.choose(self._trader(request).executions) if "FILL" in kinds else []
        return answer([activity_fields(execution) for execution in found])

    def _trader(self, request: Request) -> Trader:
        return trader_of(request, self._accounts, self._floor)


def _configurations(fields: dict[str, Any]) -> Configurations:
    for name, known in (("trade_confirm_email", ("all", "none")), ("max_margin_multiplier", ("1", "2", "4"))):
        fields[name] = str(fields[name])
        if fields[name] not in known:
            raise malformed(f"{name} value is invalid")
    try:
        return msgspec.convert(fields, Configurations, strict=False)
    except msgspec.ValidationError as problem:
        raise malformed(str(problem)) from problem
