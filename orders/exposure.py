"""The exposure: what an order may come to at worst, in shares and in USD."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from domain.feed import shares_a_unit
from domain.order import DONE, Order, OrderClass, OrderType, Side
from orders.groups import groups_of
from orders.ticket import Ticket

NONE: Final = Decimal(0)

AT_THE_MARKET: Final = frozenset({OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP})
"""Filled at whatever the market then says."""

WITH_ENTRY: Final = frozenset({OrderClass.BRACKET, OrderClass.OTO})
"""Classes that open something, and then bring orders that close it."""


def worst_price(ticket: Ticket, far: Decimal) -> Decimal:
    """The most that a share may come to, as prices are now: `far` is what the market asks, or bids, at this moment.

    A sale below the market is filled at the market; a stop is filled where it is triggered.
    """
    if ticket.side is Side.SELL:
        return max(ticket.limit_price or NONE, ticket.stop_price or NONE, far)
    if ticket.limit_price is not None:
        return ticket.limit_price
    if ticket.type is OrderType.TRAILING_STOP:
        return far + (ticket.trail_price or NONE) + far * (ticket.trail_percent or NONE) / 100
    return max(ticket.stop_price or NONE, far)


def order_value(ticket: Ticket, far: Decimal) -> Decimal:
    """The worst value of an order in USD, as prices are now."""
    if ticket.notional is not None:
        return ticket.notional
    return ticket.qty * worst_price(ticket, far) * shares_a_unit(ticket.symbol)


def reserved_value(ticket: Ticket, far: Decimal, collar_pct: Decimal) -> Decimal:
    """What is set aside for an order in USD: its worst value, with the collar on top where the market sets the price."""
    at_the_market = ticket.type in AT_THE_MARKET and ticket.notional is None
    return order_value(ticket, far) * (1 + collar_pct if at_the_market else 1)


def most_shares(order: Ticket | Order, price: Decimal, collar_pct: Decimal) -> Decimal:
    """The most shares that an order may come to. An amount of money buys more of them if the price falls; without any price
    nobody knows how many."""
    if order.notional is None or order.qty:
        return order.qty
    return order.notional / (price * (1 - collar_pct)) if price and collar_pct < 1 else Decimal("Infinity")


def waiting_shares(orders: Iterable[Order], symbol: str, side: Side, price: Decimal, collar_pct: Decimal) -> Decimal:
    """The most that open orders of one side may still fill. Orders that hang together count once: one fill ends the others.

    Both orders of a replacement count: nobody knows yet which of them fills.
    """
    of_symbol = [order for order in orders if order.symbol == symbol]

    def most(group: list[Order]) -> Decimal:
        mine = [order for order in group if order.side is side]
        return max([NONE, *(_left(each, price, collar_pct) - _asleep(each, group, price, collar_pct) for each in mine)])

    return sum((most(group) for group in groups_of(of_symbol).values()), NONE)


def _left(order: Order, price: Decimal, collar_pct: Decimal) -> Decimal:
    if order.notional is not None and not order.qty and order.state not in DONE:
        return max(most_shares(order, price, collar_pct) - order.filled_qty, NONE)
    return order.remaining


def _asleep(order: Order, others: list[Order], price: Decimal, collar_pct: Decimal) -> Decimal:
    """How much of an exit waits for its own entry: so much of it cannot fill before the entry has filled as much."""
    entries = (each for each in others if order.parent_id and each.order_id == order.parent_id)
    return sum((_left(each, price, collar_pct) for each in entries if each.side is not order.side), NONE)
