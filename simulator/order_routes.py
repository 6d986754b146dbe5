"""The REST routes of orders. Source: "Trading API"."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import answer, for_account
from simulator.client_order import ClientOrder
from simulator.order_faults import submit_with_faults
from simulator.order_list import is_true, parse_order_list
from simulator.order_wire import order_fields
from simulator.rejection import Rejection, malformed, missing
from simulator.request_body import parse_body
from simulator.ticket import parse_ticket
from simulator.trader import Trader
from simulator.trading_floor import TradingFloor
from simulator.wire_fields import Fields


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
            ("PATCH", "/v2/orders/{order_id}", self.replace),
            ("DELETE", "/v2/orders/{order_id}", self.cancel),
        ]
        return [Route(path, for_account(self._accounts, found), methods=[verb]) for verb, path, found in endpoints]

    async def submit(self, request: Request) -> Response:
        """A new order with its legs, or the fault that is armed for it."""
        trader, body = self._trader(request), await request.body()

        def accept() -> Response:
            order = self._floor.submit(trader, parse_ticket(parse_body(body), self._floor.listings))
            return answer(order_fields(order, trader.legs(order.order_id)))

        return await submit_with_faults(self._floor.faults, accept)

    async def replace(self, request: Request) -> Response:
        """The order that takes the place of this one."""
        order, fields = self._order(request), parse_body(await request.body())
        return answer(self._fields(request, self._floor.replace(order, fields), nested=True))

    async def orders(self, request: Request) -> Response:
        """The newest first if nothing else is said."""
        trader, wanted = self._trader(request), parse_order_list(request.query_params)
        orders = trader.open_orders if wanted.status == "open" else trader.orders
        found = wanted.choose(orders.values(), trader.orders)
        return answer([self._fields(request, order, nested=wanted.nested) for order in found])

    async def order(self, request: Request) -> Response:
        """One order; with `nested` its legs too."""
        nested = is_true(request.query_params, "nested")
        return answer(self._fields(request, self._order(request), nested=nested))

    async def by_client_order_id(self, request: Request) -> Response:
        """The order that the client named so; with `nested` its legs too."""
        name = request.query_params.get("client_order_id", "")
        order = self._trader(request).by_client_order_id(name)
        if order is None:
            raise missing(f"order not found for {name}")
        return answer(self._fields(request, order, nested=is_true(request.query_params, "nested")))

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

    def _fields(self, request: Request, order: ClientOrder, *, nested: bool) -> Fields:
        legs: Sequence[ClientOrder] = self._trader(request).legs(order.order_id) if nested else ()
        return order_fields(order, legs)

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
