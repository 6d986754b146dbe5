"""The ticket: what a person filled in. Every field is checked, and all errors are told at once, each beside its field."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from domain.order import OrderClass, OrderType, Side, TimeInForce
from orders.entries import MOST, Entries
from orders.rules import broken_rules

MOST_QTY: Final = MOST
NONCE: Final = re.compile(r"[A-Za-z0-9-]{8,64}")

PRICES_OF: Final = {
    OrderType.LIMIT: ("limit_price",),
    OrderType.STOP: ("stop_price",),
    OrderType.STOP_LIMIT: ("stop_price", "limit_price"),
}
"""The prices that a type needs. It takes no others; a trailing stop has one of two trails."""

NEEDED: Final = {
    "limit_price": "A limit order needs a price of more than 0.",
    "stop_price": "A stop order needs a stop price of more than 0.",
    "take_profit_price": "This order needs a take-profit of more than 0.",
    "stop_loss_price": "This order needs a stop-loss of more than 0.",
    "stop_loss_limit_price": "The limit of the stop-loss must be more than 0.",
    "trail_price": "The trail must be more than 0.",
}
ONE_TRAIL: Final = "Trailing stop orders must specify one of trail_price or trail_percent."
LEAST_TRAIL_PERCENT: Final = Decimal("0.1")
TRAIL_PERCENT: Final = f"Trail_percent must be greater than or equal to {LEAST_TRAIL_PERCENT}, and less than 100."
QTY_OR_NOTIONAL: Final = "Only one of qty or notional is accepted."

RARER: Final = (
    *("stop_price", "trail_price", "trail_percent", "notional"),
    *("take_profit_price", "stop_loss_price", "stop_loss_limit_price"),
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order that somebody wants. `nonce` is the page's mark of this one ticket: the same ticket twice is one order.

    Names and units are those of `domain.order.Order`; a ticket for an amount of money has `notional` and a `qty` of 0. The
    limit of an OCO is its take-profit.
    """

    symbol: str
    side: Side
    qty: Decimal
    type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None
    nonce: str
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    notional: Decimal | None = None
    extended_hours: bool = False
    order_class: OrderClass = OrderClass.SIMPLE
    take_profit_price: Decimal | None = None
    stop_loss_price: Decimal | None = None
    stop_loss_limit_price: Decimal | None = None


Errors = dict[str, str]


def parse_ticket(values: Any) -> tuple[Ticket | None, Errors]:
    """The ticket that untrusted values stand for, or the errors by field name. Never raises.

    Prices that the type or the class does not use are not looked at, whatever stands in their fields.
    """
    if not isinstance(values, dict):
        return None, {"ticket": "The ticket could not be read. Load the page again."}
    entries = Entries(values)
    ticket = _read(entries)
    errors = entries.errors | broken_rules(ticket, tuple(entries.errors))
    return (None, errors) if errors else (ticket, {})


def fields_of(ticket: Ticket) -> str:
    """The ticket without its nonce: what makes two tickets the same to a person."""
    limit = "" if ticket.limit_price is None else str(ticket.limit_price.normalize())
    words = ticket.symbol, ticket.side, str(ticket.qty.normalize()), ticket.type, ticket.time_in_force, limit
    return json.dumps([*(str(word) for word in words), *rarer_fields(ticket)])


def rarer_fields(ticket: Ticket) -> list[str]:
    """Fields that most tickets leave alone, by name, where they are used."""
    numbers = {name: getattr(ticket, name) for name in RARER}
    told = [f"{name}={format(number.normalize(), 'f')}" for name, number in numbers.items() if number is not None]
    if ticket.extended_hours:
        told.append("extended_hours")
    return told if ticket.order_class is OrderClass.SIMPLE else [*told, ticket.order_class.value]


def _read(entries: Entries) -> Ticket:
    """The ticket, with something of its kind in the place of each entry that is wrong."""
    symbol = entries.symbol("symbol")
    side = entries.word("side", Side, Side.BUY, "Choose buy or sell.")
    kind = entries.word("type", OrderType, OrderType.MARKET, "Choose market, limit, stop, stop limit or trailing stop.")
    time_in_force = entries.word(
        "time_in_force", TimeInForce, TimeInForce.DAY, "Choose day, gtc, ioc, fok, opg or cls."
    )
    order_class = _order_class(entries)
    notional = _notional(entries)
    qty = Decimal(0) if notional is not None else entries.qty("qty")
    exits = _exits(entries, order_class, symbol)
    needed = () if order_class is OrderClass.OCO else PRICES_OF.get(kind, ())
    prices = {name: entries.price(name, symbol, NEEDED[name]) for name in needed}
    if order_class is OrderClass.OCO and kind is OrderType.LIMIT:
        prices["limit_price"] = exits["take_profit_price"]
    trail = _trail(entries, symbol) if kind is OrderType.TRAILING_STOP else {}
    extended_hours = entries.truth("extended_hours")
    nonce = entries.match("nonce", NONCE, "ticket", "The ticket has no mark of its own. Load the page again.")
    limit_price = prices.pop("limit_price", None)
    return Ticket(
        symbol,
        side,
        qty,
        kind,
        time_in_force,
        limit_price,
        nonce,
        notional=notional,
        extended_hours=extended_hours,
        order_class=order_class,
        **prices,
        **trail,
        **exits,
    )


def _order_class(entries: Entries) -> OrderClass:
    if entries.is_blank("order_class"):
        return OrderClass.SIMPLE
    return entries.word("order_class", OrderClass, OrderClass.SIMPLE, "Choose simple, bracket, oco or oto.")


def _notional(entries: Entries) -> Decimal | None:
    if entries.is_blank("notional"):
        return None
    if not entries.is_blank("qty"):
        entries.errors["notional"] = QTY_OR_NOTIONAL
        return Decimal(1)
    return entries.money("notional")


def _exits(entries: Entries, order_class: OrderClass, symbol: str) -> dict[str, Decimal]:
    """The prices of the orders that come with this one: both of a bracket and an OCO, those that are there of an OTO."""
    if order_class is OrderClass.SIMPLE:
        return {}
    both = ("take_profit_price", "stop_loss_price")
    wanted = [name for name in both if order_class is not OrderClass.OTO or not entries.is_blank(name)]
    if "stop_loss_price" in wanted and not entries.is_blank("stop_loss_limit_price"):
        wanted.append("stop_loss_limit_price")
    return {name: entries.price(name, symbol, NEEDED[name]) for name in wanted}


def _trail(entries: Entries, symbol: str) -> dict[str, Decimal]:
    by_price, by_percent = not entries.is_blank("trail_price"), not entries.is_blank("trail_percent")
    if by_price is by_percent:
        entries.errors["trail_price"] = ONE_TRAIL
        return {}
    if by_percent:
        return {"trail_percent": entries.percent("trail_percent", LEAST_TRAIL_PERCENT, TRAIL_PERCENT)}
    return {"trail_price": entries.price("trail_price", symbol, NEEDED["trail_price"])}
