"""Bare shares: those of an entry that ended before it was filled whole, so that its exits never came.

Exits are held until their entry is filled completely; when it ends before, they end with it, and what was filled stands without
them. Source: "Orders at Alpaca" (bracket orders).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Protocol

from domain.order import DONE, Order, Side
from domain.position import Position
from orders.exposure import WITH_ENTRY, waiting_shares
from orders.journal import JournalWriter

NAME: Final = "bare"
"""The value in the journal: signed quantities by the entry's client order id, [symbol, quantity]. It is empty most of the time."""

ENDED_EARLY: Final = (
    "{filled} of {qty} were filled before the order ended. The broker arms the exits of an entry only when it is filled whole, so "
    "these have no take-profit and no stop-loss. Send a stop, or close the position."
)


class HasRows(Protocol):
    """A journal, or one transaction of it."""

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol."""

    def open_orders(self, account_id: str) -> list[Order]:
        """Orders that may still change a position."""


def ends_bare(order: Order) -> bool:
    """Whether an entry ended partly filled."""
    return order.state in DONE - {"filled", "replaced"} and 0 < order.filled_qty < order.qty


def note_bare(rows: JournalWriter, account_id: str, order: Order | None) -> None:
    """Remember an entry that ended partly filled, and say so in its reason. To be called whenever an order has changed."""
    if order is None or order.order_class not in WITH_ENTRY or order.parent_id:
        return
    known, key = rows.state(account_id, NAME) or {}, order.client_order_id
    entry = [order.symbol, str(order.filled_qty * order.side.sign)] if ends_bare(order) else None
    if known.get(key) == entry:
        return
    others = {name: value for name, value in known.items() if name != key}
    rows.put_state(account_id, NAME, others | ({key: entry} if entry else {}))
    numbers = {"filled": f"{order.filled_qty.normalize():f}", "qty": f"{order.qty.normalize():f}"}
    rows.change_order(key, account_id, reason=ENDED_EARLY.format(**numbers) if entry else "")


def forget_bare(rows: JournalWriter, account_id: str, position: Position) -> None:
    """A position has changed: what is flat, or has turned, stands without exits no more."""
    known = rows.state(account_id, NAME) or {}
    left = {
        key: value
        for key, value in known.items()
        if value[0] != position.symbol or Decimal(value[1]) * position.qty > 0
    }
    if left != known:
        rows.put_state(account_id, NAME, left)


def bare_shares(rows: HasRows, account_id: str) -> dict[str, Decimal]:
    """Shares, not signed, by symbol, that are held without the exits that their entry was to bring, and without others since."""
    known = rows.state(account_id, NAME)
    if not known:
        return {}
    positions, orders = rows.positions(account_id), rows.open_orders(account_id)
    symbols = {symbol for symbol, _ in known.values()}
    found = {
        symbol: _bare(symbol, known, positions.get(symbol, Position(account_id, symbol)), orders) for symbol in symbols
    }
    return {symbol: qty for symbol, qty in found.items() if qty > 0}


def _bare(symbol: str, known: dict[str, list[str]], position: Position, orders: list[Order]) -> Decimal:
    sign = 1 if position.qty > 0 else -1
    told = sum((max(Decimal(qty) * sign, Decimal(0)) for name, qty in known.values() if name == symbol), Decimal(0))
    side = Side.SELL if sign > 0 else Side.BUY
    of_shares = [order for order in orders if order.qty]  # an exit for an amount of money protects no number of them
    return min(told, abs(position.qty) - waiting_shares(of_shares, symbol, side, Decimal(0), Decimal(0)))
