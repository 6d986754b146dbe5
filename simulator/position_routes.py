"""The REST routes of positions. Source: "Trading API"."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.accounts import Accounts
from simulator.answer import answer, for_account
from simulator.client_order import ClientOrder
from simulator.house_venue import SMALLEST
from simulator.order_check import insufficient_qty
from simulator.order_routes import trader_of
from simulator.order_wire import order_fields
from simulator.position import Position
from simulator.position_wire import position_fields
from simulator.rejection import Rejection, malformed, missing
from simulator.request_body import parse_number
from simulator.ticket import Ticket, find_listing
from simulator.trader import Trader
from simulator.trading_floor import TradingFloor
from simulator.wire_fields import Fields


class PositionRoutes:
    """A position is closed by a market order, which is what the answer shows."""

    def __init__(self, floor: TradingFloor, accounts: Accounts) -> None:
        self._floor, self._accounts = floor, accounts

    def routes(self) -> list[Route]:
        """The routes, behind the key check."""
        endpoints = [
            ("GET", "/v2/positions", self.positions),
            ("DELETE", "/v2/positions", self.close_all),
            ("GET", "/v2/positions/{name:path}", self.position),
            ("DELETE", "/v2/positions/{name:path}", self.close),
        ]
        return [Route(path, for_account(self._accounts, found), methods=[verb]) for verb, path, found in endpoints]

    async def positions(self, request: Request) -> Response:
        """All of them, by symbol."""
        trader = self._trader(request)
        return answer([self._fields(trader, position) for _, position in sorted(trader.ledger.positions.items())])

    async def position(self, request: Request) -> Response:
        """One by symbol or asset id."""
        trader = self._trader(request)
        return answer(self._fields(trader, self._position(trader, request)))

    async def close(self, request: Request) -> Response:
        """All of it, `qty` shares or `percentage` of it."""
        trader = self._trader(request)
        position = self._position(trader, request)
        return answer(order_fields(self._close(trader, position, _part(position, request.query_params))))

    async def close_all(self, request: Request) -> Response:
        """One entry for each position; with `cancel_orders` nothing is held back by open orders."""
        trader = self._trader(request)
        if request.query_params.get("cancel_orders", "").lower() == "true":
            for order in list(trader.open_orders.values()):
                self._floor.cancel(order, at_once=True)
        positions = sorted(trader.ledger.positions.items())
        closed = [(symbol.replace("/", ""), self._close_one(trader, found)) for symbol, found in positions]
        return answer([{"symbol": symbol, **body} for symbol, body in closed], 207)

    def _close_one(self, trader: Trader, position: Position) -> Fields:
        try:
            order = self._close(trader, position, abs(position.qty))
        except Rejection as rejection:
            return {"status": rejection.status, "body": rejection.body}
        return {"status": 200, "body": order_fields(order)}

    def _close(self, trader: Trader, position: Position, qty: Decimal) -> ClientOrder:
        if qty > abs(position.qty):
            raise insufficient_qty(trader, position.symbol, qty)
        listing = self._floor.listings[position.symbol]
        side: Literal["buy", "sell"] = "sell" if position.qty > 0 else "buy"
        time_in_force: Literal["day", "gtc"] = "gtc" if listing.is_crypto else "day"
        return self._floor.submit(trader, Ticket(listing, side, "market", time_in_force, qty))

    def _fields(self, trader: Trader, position: Position) -> Fields:
        listing = self._floor.listings[position.symbol]
        return position_fields(trader, position, listing, self._floor.prices, self._floor.market.now())

    def _trader(self, request: Request) -> Trader:
        return trader_of(request, self._accounts, self._floor)

    def _position(self, trader: Trader, request: Request) -> Position:
        name = request.path_params["name"]
        listing = find_listing(name, self._floor.listings)
        if listing is None:
            raise missing(f"symbol not found: {name}")
        position = trader.ledger.positions.get(listing.symbol)
        if position is None:
            raise missing("position does not exist")
        return position


def _part(position: Position, parameters: Mapping[str, str]) -> Decimal:
    """The shares to close: a percentage of whole ones is whole ones."""
    if parameters.get("qty") and parameters.get("percentage"):
        raise malformed("only one of qty or percentage is accepted")
    qty = abs(position.qty)
    if parameters.get("qty"):
        qty = parse_number(parameters["qty"], "qty")
        if qty % SMALLEST:
            raise malformed("qty must have at most 9 decimals")
    elif parameters.get("percentage"):
        percentage = parse_number(parameters["percentage"], "percentage")
        if not 0 < percentage <= 100:
            raise malformed("percentage must be between 0 and 100")
        is_whole = qty == qty.to_integral_value() and "/" not in position.symbol
        qty = (qty * percentage / 100).quantize(Decimal(1) if is_whole else SMALLEST, ROUND_DOWN)
    if qty <= 0:
        raise malformed("qty must be > 0")
    return qty
