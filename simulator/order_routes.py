"""The REST routes of orders. Source: "Trading API"."""

from __future__ import annotations

import asyncio
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import answer, for_account, refusal
from simulator.client_order import ClientOrder
from simulator.order_list import parse_order_list
from simulator.order_wire import order_fields
from simulator.rejection import Rejection, malformed, missing
from simulator.reset import Reset
from simulator.ticket import parse_body, parse_ticket
from simulator.trader import Trader
from simulator.trading_floor import TradingFloor


class OrderRoutes:
    """An answer to POST leaves when the order is written down, one to DELETE before it is canceled."""

    def __init__(self, floor: TradingFloor, accounts: Accounts) -> None:
        self._floor, self._accounts = floor, accounts

    def routes(self) -> list[Route]:
        """The routes, behind the key check."""
        endpoints = [
            ("POST", "/v2/orders", self.submit),
            ("GET", "/v2/orders", self.orders),
            ("DELETE", "/v2/orders", self.cancel_all),
            ("GET", "/v2/orders:by_client_order_id", self.by_client_order_id),
            ("GET", "/v2/orders/{order_id}", self.order),
            ("DELETE", "/v2/orders/{order_id}", self.cancel),
        ]
        return [Route(path, for_account(self._accounts, found), methods=[verb]) for verb, path, found in endpoints]

    async def submit(self, request: Request) -> Response:
        """A new order, or the fault that is armed for it."""
        trader, body = self._trader(request), await request.body()
        if self._floor.faults.use("504_before_accept"):
            return refusal(504, "gateway timeout", 50410000)
        ticket = parse_ticket(parse_body(body), self._floor.market.listings)
        order = self._floor.submit(trader, ticket)
        if hang := self._floor.faults.use("hang"):
            await asyncio.sleep(hang.seconds)
        if self._floor.faults.use("504_after_accept"):
            return refusal(504, "gateway timeout", 50410000)
        return Reset() if self._floor.faults.use("reset_after_accept") else answer(order_fields(order))

    async def orders(self, request: Request) -> Response:
        """The newest first if nothing else is said."""
        trader, wanted = self._trader(request), parse_order_list(request.query_params)
        orders = trader.open_orders if wanted.status == "open" else trader.orders
        return answer([order_fields(order) for order in wanted.choose(orders.values())])

    async def order(self, request: Request) -> Response:
        """One order."""
        return answer(order_fields(self._order(request)))

    async def by_client_order_id(self, request: Request) -> Response:
        """The order that the client named so."""
        name = request.query_params.get("client_order_id", "")
        order = self._trader(request).by_client_order_id(name)
        if order is None:
            raise missing(f"order not found for {name}")
        return answer(order_fields(order))

    async def cancel(self, request: Request) -> Response:
        """204 says that it was asked for, not that it happened."""
        self._floor.cancel(self._order(request))
        return Response(status_code=204)

    async def cancel_all(self, request: Request) -> Response:
        """One entry for each open order."""
        found = list(self._trader(request).open_orders.values())
        return answer([{"id": str(order.order_id), **self._cancel_one(order)} for order in found], 207)

    def _cancel_one(self, order: ClientOrder) -> dict[str, object]:
        try:
            self._floor.cancel(order)
        except Rejection as rejection:
            return {"status": rejection.status, "body": rejection.body}
        return {"status": 200}

    def _trader(self, request: Request) -> Trader:
        return trader_of(request, self._accounts, self._floor)

    def _order(self, request: Request) -> ClientOrder:
        text = request.path_params["order_id"]
        try:
            order_id = UUID(text)
        except ValueError as problem:
            raise malformed("order_id is missing") from problem
        order = self._trader(request).orders.get(order_id)
        if order is None:
            raise missing(f"order not found for {text}")
        return order


def trader_of(request: Request, accounts: Accounts, floor: TradingFloor) -> Trader:
    """Whose request it is; to be asked behind the key check only."""
    account = accounts.from_headers(request.headers)
    assert account is not None, "the route is behind the key check"
    return floor.trader(account)
