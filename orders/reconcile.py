"""Reconcile: our journal against the broker's own lists. At the start, after each reconnect, and every minute.

The broker wins about orders and executions. Positions must then agree by themselves; if they do not, new orders are denied
and both numbers are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import structlog

from broker.order_client import OrderClient
from domain.account import AccountState
from domain.fill import Fill
from domain.order import OPEN, UNSETTLED, BrokerOrder
from domain.position import Position
from orders.journal import Journal, JournalWriter
from orders.updates import take_fill, take_order

OVERLAP_NS: Final = 60 * 10**9
"""Executions are asked for from a minute before the newest one that is known."""

LOOK_BACK_NS: Final = 2 * 86_400 * 10**9

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of it. `why` is empty if journal and broker agree."""

    account: AccountState
    why: str
    new_fills: int


class Reconciler:
    """Compares and repairs, for one account. Blocks; raises HistoryError or RefusedError when the broker does not answer."""

    def __init__(self, journal: Journal, client: OrderClient) -> None:
        self._journal, self._client = journal, client

    def run(self, account_id: str, now: int) -> Reconciled:
        """One comparison. `now` is the market's time in ns: it bounds how far back orders are asked for."""
        first_time = not self._journal.orders(account_id, 1) and not self._journal.positions(account_id)
        orders = self._broker_orders(account_id, now)
        fills = self._client.fills_since(self._fills_from(account_id, now), account_id)
        positions = self._client.positions()
        with self._journal.writing() as rows:
            if first_time:
                _adopt(rows, account_id, positions, fills)
            new_fills = self._take(rows, account_id, orders, fills)
        account = self._client.account()
        why = self._disagreement(account_id)
        if new_fills or why:
            log.info("reconciled", new_fills=new_fills, why=why)
        return Reconciled(account, why, new_fills)

    def _broker_orders(self, account_id: str, now: int) -> list[BrokerOrder]:
        """Every order that is open there, is open here, or is recent: each once, as newly as it can be had."""
        listed = {order.order_id: order for order in self._client.orders_since(now - LOOK_BACK_NS)}
        listed |= {order.order_id: order for order in self._client.open_orders()}
        for order in self._journal.open_orders(account_id):
            if order.order_id and order.order_id not in listed and order.state not in UNSETTLED:
                listed[order.order_id] = self._client.order(order.order_id)
        return list(listed.values())

    def _fills_from(self, account_id: str, now: int) -> int:
        known = self._journal.fills(account_id, 1)
        return (known[0].ts_event - OVERLAP_NS) if known else now - LOOK_BACK_NS

    def _take(
        self, rows: JournalWriter, account_id: str, orders: list[BrokerOrder], fills: list[tuple[Fill, Decimal]]
    ) -> int:
        new, ours = 0, {}
        for told in orders:
            ours[told.order_id] = take_order(rows, account_id, told).client_order_id
        for fill, filled_with_it in fills:
            if fill.order_id in ours:
                whole = replace(fill, client_order_id=ours[fill.order_id])
                new += take_fill(rows, whole, filled_with_it)
        return new

    def _disagreement(self, account_id: str) -> str:
        """Positions that differ, asked for once more: a fill may have come in between."""
        theirs = {symbol: qty for symbol, (qty, _) in self._client.positions().items()}
        ours = {
            symbol: position.qty for symbol, position in self._journal.positions(account_id).items() if position.qty
        }
        moving = {order.symbol for order in self._journal.open_orders(account_id) if order.state in OPEN}
        wrong = [symbol for symbol in sorted(ours.keys() | theirs.keys()) if ours.get(symbol) != theirs.get(symbol)]
        parts = [
            f"{symbol}: the journal says {ours.get(symbol, 0)}, the broker {theirs.get(symbol, 0)}"
            for symbol in wrong
            if symbol not in moving
        ]
        return "; ".join(parts)


def _adopt(
    rows: JournalWriter,
    account_id: str,
    positions: dict[str, tuple[Decimal, Decimal]],
    fills: list[tuple[Fill, Decimal]],
) -> None:
    """An account that this journal never saw: take its positions over, less what the fills to come will add."""
    for symbol, (qty, cost) in positions.items():
        later = [fill for fill, _ in fills if fill.symbol == symbol]
        before = qty - sum((fill.qty * fill.side.sign for fill in later), Decimal(0))
        price = cost / qty
        rows.put_position(Position(account_id, symbol, before, before * price))
        rows.audit(account_id, "position_adopted", symbol=symbol, qty=before)
