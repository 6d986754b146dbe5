"""Replacing: an open order gives way to another that differs in quantity, price or trail.

The new order is one of its own, with its own client order id, intent and risk check, and the broker puts it in the place of
the old. Until it says so both may fill, so both count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from domain.order import DONE, Order, OrderClass, OrderType
from orders.entries import Entries
from orders.groups import without_group_of
from orders.journal_writer import JournalWriter
from orders.risk import Denial, Situation, is_exit
from orders.ticket import Errors, Ticket, parse_ticket

REPLACEABLE: Final = frozenset({"new", "held"})
"""Alpaca replaces no order that it has not yet, or that it cancels or replaces. Source: "Replace Order by ID"."""

PARTLY_FILLED: Final = "The order is partly filled. Cancel what is left of it and send another."
NOT_CHANGED: Final = "Order parameters are not changed."
NO_QTY: Final = "Qty cannot be changed for advanced orders."
BEING_REPLACED: Final = "The order is being replaced already."

CHANGES: Final = ("qty", "limit_price", "stop_price", "trail")
TAKES: Final = {
    OrderType.MARKET: ("qty",),
    OrderType.LIMIT: ("qty", "limit_price"),
    OrderType.STOP: ("qty", "stop_price"),
    OrderType.STOP_LIMIT: ("qty", "limit_price", "stop_price"),
    OrderType.TRAILING_STOP: ("qty", "trail"),
}
"""What can be changed of a type."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A ticket for what is to take the place of `old`."""

    old: Order
    ticket: Ticket

    def order_like(self, order: Order) -> Order:
        """The order that is made of the ticket, in the place of the old one."""
        old = self.old
        return replace(order, parent_id=old.parent_id, order_class=old.order_class, replaces=old.order_id)


def read_replacement(old: Order, values: Any) -> Replacement | Errors:
    """What untrusted values (`qty`, `limit_price`, `stop_price`, `trail`, `nonce`) make of an order, or the errors by field.

    What is blank stays as it is. `order` is the field of what is wrong with the order itself.
    """
    if not isinstance(values, dict):
        return {"order": "The change could not be read. Load the page again."}
    ticket, errors = parse_ticket(_form(old, Entries(values), values))
    errors = {_told_beside(field, old): text for field, text in errors.items()} | _foreign(old, Entries(values))
    if not errors and ticket is not None:
        errors = _wrong(old, ticket)
    if errors or ticket is None:
        return errors
    return Replacement(old, replace(ticket, nonce=f"{ticket.nonce}:{old.order_id}"))


def why_not(old: Order) -> str:
    """Why an order cannot be replaced as it stands; empty if it can."""
    if old.state in DONE:
        return f"The order is {old.state} already."
    if not old.order_id:
        return "The broker has not confirmed the order yet; try again in a moment."
    if old.notional is not None:
        return "Notional orders cannot be replaced."
    if old.filled_qty:
        return PARTLY_FILLED
    return "" if old.state in REPLACEABLE else f"Cannot replace order in {old.state} status."


def conflict(rows: JournalWriter, old: Order) -> list[Denial]:
    """Why an order cannot be replaced as the journal's transaction sees it."""
    now = rows.order(old.client_order_id) or old
    text = why_not(now)
    if not text and any(other.replaces == old.order_id for other in rows.open_orders(old.account_id)):
        text = BEING_REPLACED
    return [Denial("NOT_REPLACEABLE", text)] if text else []


def sight(replacement: Replacement, now: Situation) -> Situation:
    """The situation that a replacement is checked in: the old order counts beside it, unless an exit takes an exit's place.

    Both could fill for a moment, so both count against limits. But a stop that is moved must stay an exit, or nobody could
    move it while entries are denied: the old one, and what hangs together with it, gives its shares to the new one.
    """
    old = replacement.old
    if replacement.ticket.qty > old.remaining:
        return now
    relieved = replace(now, open_orders=without_group_of(old, now.open_orders))
    return relieved if is_exit(replacement.ticket, relieved) else now


def _form(old: Order, entries: Entries, values: dict[Any, Any]) -> dict[str, Any]:
    """The old order as a form of a ticket, with the changes filled in."""
    form: dict[str, Any] = {
        **{"symbol": old.symbol, "side": old.side.value, "type": old.type, "time_in_force": old.time_in_force},
        **{"qty": old.qty, "extended_hours": old.extended_hours, "nonce": values.get("nonce")},
        **{name: getattr(old, name) for name in ("limit_price", "stop_price", "trail_price", "trail_percent")},
        **_exits(old),
    }
    for name in CHANGES:
        if not entries.is_blank(name):
            form[_field(name, old)] = values[name]
    return form


def _exits(old: Order) -> dict[str, Any]:
    """The exits that an order of ours came with; one that is an exit itself, or from elsewhere, is checked by itself."""
    names = ("take_profit_price", "stop_loss_price", "stop_loss_limit_price")
    exits = {name: getattr(old, name) for name in names}
    is_whole = not old.parent_id and any(price is not None for price in exits.values())
    return {"order_class": old.order_class, **exits} if is_whole else {}


def _field(name: str, old: Order) -> str:
    """The ticket's field that a change goes to."""
    if name == "trail":
        return "trail_price" if old.trail_percent is None else "trail_percent"
    return "take_profit_price" if name == "limit_price" and _is_pair(old) else name


def _told_beside(field: str, old: Order) -> str:
    """The field of the change that an error of the ticket belongs to."""
    named = {_field(name, old): name for name in CHANGES}
    return named.get(field, field if field == "ticket" else "order")


def _is_pair(old: Order) -> bool:
    return old.order_class == OrderClass.OCO and not old.parent_id and old.take_profit_price is not None


def _foreign(old: Order, entries: Entries) -> Errors:
    """Changes that an order of this type cannot take."""
    takes = TAKES.get(OrderType(old.type), ()) if old.type in set(OrderType) else ()
    kind = old.type.replace("_", " ")
    return {
        name: f"A {kind} order has no {name.replace('_', ' ')}."
        for name in CHANGES
        if name not in takes and not entries.is_blank(name)
    }


def _wrong(old: Order, ticket: Ticket) -> Errors:
    if ticket.qty != old.qty and (old.order_class != OrderClass.SIMPLE or old.parent_id):
        return {"qty": NO_QTY}
    if ticket.qty != old.qty and "/" not in old.symbol and not _are_whole(ticket.qty, old.qty):
        return {"qty": "Qty must be integer."}
    numbers = ("qty", "limit_price", "stop_price", "trail_price", "trail_percent")
    differs = [name for name in numbers if name != "stop_price" or old.type != OrderType.TRAILING_STOP]
    return {} if any(getattr(ticket, name) != getattr(old, name) for name in differs) else {"order": NOT_CHANGED}


def _are_whole(*numbers: Decimal) -> bool:
    return all(number == number.to_integral_value() for number in numbers)
