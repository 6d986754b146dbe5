"""The REST routes of option contracts: the list of them, and what a holder can do. Source: "Trading API"."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.session import trading_day
from simulator.accounts import Accounts
from simulator.answer import answer, for_account
from simulator.contract_filter import ContractFilter, weekend_after
from simulator.contract_wire import contract_fields
from simulator.market import Market
from simulator.option import Contract
from simulator.order_list import is_true, one_of, parse_limit
from simulator.prices import Prices
from simulator.rejection import malformed, missing, unprocessable
from simulator.wire_fields import Fields

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 10_000
BACK = timedelta(days=14)


class ContractRoutes:
    """`contracts` by symbol. Nobody can hold one, so that exercising ends with the refusal."""

    def __init__(self, market: Market, contracts: Mapping[str, Contract], accounts: Accounts) -> None:
        self._market, self._contracts, self._accounts = market, contracts, accounts
        self._prices = Prices(market)

    def routes(self) -> list[Route]:
        """The routes, behind the key check: to come before those of positions."""
        endpoints = [
            ("GET", "/v2/options/contracts", self.contracts),
            ("GET", "/v2/options/contracts/{name}", self.contract),
            ("POST", "/v2/positions/{name}/exercise", self.exercise),
            ("POST", "/v2/positions/{name}/do-not-exercise", self.exercise),
        ]
        return [Route(path, for_account(self._accounts, found), methods=[verb]) for verb, path, found in endpoints]

    async def contracts(self, request: Request) -> Response:
        """A page by symbol, up to the next weekend if no date is named."""
        parameters, now = request.query_params, self._market.now()
        try:
            wanted = ContractFilter.parse(parameters, weekend_after(trading_day(now)))
        except ValueError as problem:
            raise malformed(str(problem)) from problem
        ended = one_of(parameters, "status", ("active", "inactive")) == "inactive"
        limit, after = parse_limit(parameters, "limit", DEFAULT_LIMIT, LARGEST_LIMIT), _symbol(parameters)
        left = sorted(symbol for symbol in self._contracts if symbol > after)
        found = [self._contracts[symbol] for symbol in left if wanted.lets_through(self._contracts[symbol])]
        found = [each for each in found if (each.expires_at <= now) == ended]
        token = base64.urlsafe_b64encode(found[limit - 1].symbol.encode()).decode() if len(found) > limit else None
        delivers = is_true(parameters, "show_deliverables")
        body = [self._fields(each, delivers=delivers) for each in found[:limit]]
        return answer({"option_contracts": body, "next_page_token": token})

    async def contract(self, request: Request) -> Response:
        """One by symbol or id."""
        name = request.path_params["name"]
        contract = self._find(name)
        if contract is None:
            raise missing(f"option contract not found for {name}")
        return answer(self._fields(contract, delivers=True))

    async def exercise(self, request: Request) -> Response:
        """Whoever holds nothing has nothing to exercise."""
        contract = self._find(request.path_params["name"])
        if contract is None:
            raise unprocessable("invalid symbol")
        raise missing(f"long position not found: {contract.symbol}")

    def _find(self, name: str) -> Contract | None:
        ids = {str(each.contract_id): each for each in self._contracts.values()}
        return self._contracts.get(name.upper()) or ids.get(name.lower())

    def _fields(self, contract: Contract, *, delivers: bool) -> Fields:
        now = self._market.now()
        today = trading_day(now)
        before = self._market.source.hours.sessions(today - BACK, today - timedelta(days=1))
        day = before[-1].day if before else today
        closed_at = self._prices.last_day(contract.underlying.symbol)
        return contract_fields(contract, day=day, closed_at=closed_at, now=now, delivers=delivers)


def _symbol(parameters: Mapping[str, str]) -> str:
    """The symbol after which a page begins. Raises Rejection."""
    try:
        return base64.urlsafe_b64decode(parameters.get("page_token", "").encode()).decode()
    except (binascii.Error, UnicodeError) as problem:
        raise malformed("invalid page_token") from problem
