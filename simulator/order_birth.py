"""The birth of orders: what a ticket, or the change of an order, makes."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import uuid4

from simulator.client_order import ClientOrder
from simulator.house_venue import SMALLEST
from simulator.order import Side
from simulator.order_check import position_intent
from simulator.order_life import OrderLife
from simulator.prices import Prices
from simulator.register import Register
from simulator.stops import trailed
from simulator.ticket import Ticket
from simulator.trader import Trader


class OrderBirth:
    """Nothing is written down here: the orders are only made."""

    def __init__(self, register: Register, prices: Prices) -> None:
        self._register, self._prices = register, prices

    def orders(self, trader: Trader, ticket: Ticket, life: OrderLife) -> list[ClientOrder]:
        """The order first, then its legs: pending in a session, else accepted until the next one opens."""
        order = self._order(trader, ticket, life)
        return [order, *self._legs(order, ticket)]

    def _order(self, trader: Trader, ticket: Ticket, life: OrderLife) -> ClientOrder:
        moment = self._register.moment()
        works = life.may_work(ticket.extended_hours) and ticket.time_in_force != "opg"
        order = ClientOrder(
            order_id=uuid4(),
            account_id=trader.row.account_id,
            sequence=self._register.next_sequence(),
            client_order_id=ticket.client_order_id or str(uuid4()),
            symbol=ticket.listing.symbol,
            asset_id=ticket.listing.asset_id,
            asset_class=ticket.listing.asset_class,
            side=ticket.side,
            order_type=ticket.order_type,
            order_class=ticket.order_class,
            time_in_force=ticket.time_in_force,
            position_intent=position_intent(trader, ticket),
            qty=ticket.qty if ticket.notional is None else self._estimate(ticket, ticket.notional),
            notional=ticket.notional,
            limit_price=ticket.limit_price,
            stop_price=ticket.stop_price,
            trail_price=ticket.trail_price,
            trail_percent=ticket.trail_percent,
            extended_hours=ticket.extended_hours,
            status="pending_new" if works else "accepted",
            created_at=moment,
            updated_at=moment,
            expires_at=life.end(ticket.time_in_force, moment, extended_hours=ticket.extended_hours),
        )
        return trailed(order, self._prices.last(order.symbol))

    def _estimate(self, ticket: Ticket, notional: Decimal) -> Decimal:
        """The shares of an amount of money, at the price that is known to be the limit, else at the market's."""
        side = Side.BUY if ticket.side == "buy" else Side.SELL
        price = ticket.limit_price or ticket.stop_price or self._prices.reference(ticket.listing.symbol, side)
        return (notional / price).quantize(SMALLEST, ROUND_DOWN) if price else Decimal(0)

    def _legs(self, order: ClientOrder, ticket: Ticket) -> list[ClientOrder]:
        """Held until the order is filled; they close what it opens. Of an OCO the order is the take-profit itself."""
        legs: list[ClientOrder] = []
        if ticket.take_profit is not None and ticket.order_class in ("bracket", "oto"):
            legs.append(self._leg(order, order_type="limit", limit_price=ticket.take_profit))
        if ticket.stop_loss is not None and ticket.order_class:
            kind = "stop" if ticket.stop_loss_limit is None else "stop_limit"
            legs.append(
                self._leg(order, order_type=kind, stop_price=ticket.stop_loss, limit_price=ticket.stop_loss_limit)
            )
        return legs

    def _leg(self, order: ClientOrder, **changed: Any) -> ClientOrder:
        side = order.side if order.order_class == "oco" else "sell" if order.side == "buy" else "buy"
        fields: dict[str, Any] = {"limit_price": None, "stop_price": None, **changed}
        return order.changed(
            order_id=uuid4(),
            client_order_id=str(uuid4()),
            sequence=self._register.next_sequence(),
            side=side,
            position_intent=f"{side}_to_close",
            parent_id=order.order_id,
            status="held",
            **fields,
        )
