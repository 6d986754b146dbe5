"""Unbooked: what the broker has told as filled, by an answer or an update of the order, and whose execution did not come yet.

Only executions move a position, and one that got lost is found a minute later. Until then a second exit must not be taken
for one, and a limit must not be passed, because the position looks as it was before.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, Protocol

from domain.order import Order
from domain.position import Position
from orders.journal import JournalWriter

NAME: Final = "unbooked"
"""The value in the journal: signed quantities by client order id, [symbol, quantity]. It is empty most of the time."""


class HasState(Protocol):
    """A journal, or one transaction of it."""

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""


def note_unbooked(rows: JournalWriter, account_id: str, order: Order | None) -> None:
    """Remember how much of an order is told and not booked. To be called whenever one of the two has changed."""
    known = unbooked_orders(rows, account_id)
    if order is None or not (order.filled_qty or order.client_order_id in known):
        return
    spans = rows.filled_spans(account_id, order.client_order_id)
    gap = (order.filled_qty - sum((end - start for start, end in spans), Decimal(0))) * order.side.sign
    others = {key: value for key, value in known.items() if key != order.client_order_id}
    now = others | {order.client_order_id: [order.symbol, str(gap)]} if gap else others
    if now != known:
        rows.put_state(account_id, NAME, now)


def expected(rows: HasState, account_id: str, position: Position) -> Position:
    """A position as it is once everything that is told is booked too, at no cost of its own."""
    return replace(position, qty=position.qty + unbooked(rows, account_id, position.symbol))


def unbooked(rows: HasState, account_id: str, symbol: str) -> Decimal:
    """Shares of a symbol, signed, that are told and not booked."""
    told = unbooked_orders(rows, account_id).values()
    return sum((Decimal(qty) for name, qty in told if name == symbol), Decimal(0))


def unbooked_orders(rows: HasState, account_id: str) -> dict[str, list[str]]:
    """All that is told and not booked."""
    return dict(rows.state(account_id, NAME) or {})


def forget_unbooked(rows: JournalWriter, account_id: str, before: dict[str, list[str]]) -> None:
    """Positions agree with the broker's: what was unbooked before they were read, and still is, was booked otherwise."""
    known = unbooked_orders(rows, account_id)
    left = {key: value for key, value in known.items() if before.get(key) != value}
    if left != known:
        rows.put_state(account_id, NAME, left)
