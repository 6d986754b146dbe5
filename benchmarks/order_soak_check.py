"""What the order soak asks in the end: is every wish one order at most, every fill booked, every answer in the journal?"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from benchmarks.order_soak_trader import Signal
from domain.order import DONE, UNSETTLED, OrderType, Side, TimeInForce
from orders.client_id import client_order_id
from orders.journal import Journal
from orders.ticket import Ticket
from tests.referee import Referee


def ids_of(signal: Signal, account_id: str) -> list[str]:
    """The client order ids of a signal's tickets."""
    words = signal.fields
    kind, tif = OrderType(words["type"]), TimeInForce(words["time_in_force"])
    what = words["symbol"], Side(words["side"]), Decimal(words["qty"]), kind, tif, None
    return [client_order_id(account_id, Ticket(*what, nonce)) for nonce in signal.tickets]


def duplicates(signals: list[Signal], referee: Referee) -> list[str]:
    """Wishes that became more than one order at the broker, and orders that nobody wished."""
    there = Counter(kept.client_order_id for kept in referee.orders.values())
    wished = {name: signal.name for signal in signals for name in ids_of(signal, referee.account_id)}
    orders = Counter(wished.get(name, f"nobody: {name}") for name in there.elements())
    return [f"{name}: {times}" for name, times in orders.items() if times > 1 or name.startswith("nobody")]


def lost_fills(journal: Journal, referee: Referee) -> list[str]:
    """Executions that the journal does not have once exactly, and positions that differ."""
    booked = Counter(fill.execution_id for fill in journal.fills(referee.account_id, 10**9))
    done = Counter(each.id for each in referee.executions)
    held = {symbol: row.qty for symbol, row in journal.positions(referee.account_id).items() if row.qty}
    theirs = {symbol: qty for symbol, (qty, _) in referee.positions().items()}
    return [*(key for key in booked.keys() | done.keys() if booked[key] != done[key])] or (
        [] if held == theirs else [f"positions {held}, the referee's {theirs}"]
    )


def lost_rows(signals: list[Signal], journal: Journal) -> list[str]:
    """Orders that a page was told of and the journal does not have."""
    told = [name for signal in signals for name, _ in signal.answers]
    return sorted({name for name in told if journal.order(name) is None})


def unsettled(journal: Journal, account_id: str) -> list[str]:
    """Orders of which nobody knows what became."""
    return [order.client_order_id for order in journal.open_orders(account_id) if order.state in UNSETTLED]


def different_ends(journal: Journal, referee: Referee) -> list[str]:
    """Orders that stand otherwise in the journal than at the broker."""
    wrong = []
    for kept in referee.orders.values():
        order = journal.order(kept.client_order_id)
        ours = (order.state in DONE, order.filled_qty) if order else None
        if ours != (kept.status in DONE, kept.filled_qty):
            wrong.append(f"{kept.client_order_id}: {ours}, the referee's {kept.status} {kept.filled_qty}")
    return wrong


def verdict(signals: list[Signal], journal: Journal, referee: Referee) -> dict[str, Any]:
    """Everything that must be 0, as lists of what is not."""
    return {
        "duplicate_orders": duplicates(signals, referee),
        "lost_fills": lost_fills(journal, referee),
        "lost_journal_rows": lost_rows(signals, journal),
        "unknown_after_60_s": unsettled(journal, referee.account_id),
        "different_ends": different_ends(journal, referee),
    }
