"""The ticket: what a person filled in. Every field is checked, and all errors are told at once, each beside its field."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from domain.feed import OCC
from domain.order import OrderClass, OrderType, Side, TimeInForce

MOST_QTY: Final = Decimal(1_000_000_000)
NONCE: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
NUMBER: Final = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?")
SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9.]{0,14}|[A-Z0-9]{2,10}/[A-Z]{3,4}|" + OCC.pattern)

FIELDS: Final = ("symbol", "side", "qty", "type", "limit_price", "time_in_force", "nonce")


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order that somebody wants. `nonce` is the page's mark of this one ticket: the same ticket twice is one order.

    Names and units are those of `domain.order.Order`; a ticket for an amount of money has `notional` and a `qty` of 0.
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
    """The ticket that untrusted values stand for, or the errors by field name. Never raises."""
    if not isinstance(values, dict):
        return None, {"ticket": "The ticket could not be read. Load the page again."}
    errors: Errors = {}
    symbol = _symbol(values.get("symbol"), errors)
    side = _word(Side, "side", values.get("side"), errors, "Choose buy or sell.")
    kind = _word(OrderType, "type", values.get("type"), errors, "Choose market or limit.")
    tif = _word(TimeInForce, "time_in_force", values.get("time_in_force"), errors, "Choose day, gtc, ioc or fok.")
    qty = _qty(values.get("qty"), errors)
    limit = _limit(values.get("limit_price"), kind, errors)
    nonce = values.get("nonce")
    if not isinstance(nonce, str) or not NONCE.fullmatch(nonce):
        errors["ticket"] = "The ticket has no mark of its own. Load the page again."
    if errors or side is None or kind is None or tif is None or qty is None:
        return None, errors
    return Ticket(symbol, side, qty, kind, tif, limit, str(nonce)), {}


def fields_of(ticket: Ticket) -> str:
    """The ticket without its nonce: what makes two tickets the same to a person."""
    limit = "" if ticket.limit_price is None else str(ticket.limit_price.normalize())
    words = ticket.symbol, ticket.side, str(ticket.qty.normalize()), ticket.type, ticket.time_in_force, limit
    return json.dumps([str(word) for word in words])


def _symbol(value: Any, errors: Errors) -> str:
    if isinstance(value, str) and value.isascii() and SYMBOL.fullmatch(value.strip().upper()):
        return value.strip().upper()
    errors["symbol"] = "Write a symbol, for example AAPL."
    return ""


def _word(kind: Any, field: str, value: Any, errors: Errors, advice: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        errors[field] = advice
        return None


def _qty(value: Any, errors: Errors) -> Decimal | None:
    number = _number(value)
    if number is None:
        errors["qty"] = "Write a whole number of shares, for example 10."
    elif number <= 0:
        errors["qty"] = "The quantity must be more than 0."
    elif number != number.to_integral_value():
        errors["qty"] = "Only whole shares can be ordered."
    elif number > MOST_QTY:
        errors["qty"] = f"At most {MOST_QTY:,} shares can be ordered."
    return number


def _limit(value: Any, kind: OrderType | None, errors: Errors) -> Decimal | None:
    if kind is not OrderType.LIMIT:
        return None
    price = _number(value)
    if price is None or price <= 0:
        errors["limit_price"] = "A limit order needs a price of more than 0."
    elif price > MOST_QTY:
        errors["limit_price"] = f"The price must be at most {MOST_QTY:,}."
    elif price != round(price, 2 if price >= 1 else 4):
        errors["limit_price"] = "Prices of 1.00 and more have two decimals, below that four."
    return price


def _number(value: Any) -> Decimal | None:
    """A finite number out of text or a number, written with plain digits; None for anything else, also for booleans."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        text = str(value).strip()
    except ValueError:  # an int of more than 4300 digits
        return None
    return Decimal(text) if NUMBER.fullmatch(text) else None
