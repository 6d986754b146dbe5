"""Reconcile: our journal against the broker's own lists. At the start, after each reconnect, and every minute.

The broker wins about orders and executions. Positions must then agree by themselves; if they do not, new orders are denied
and both numbers are shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import structlog

from broker.order_client import OrderClient
from domain.account import AccountState
from domain.errors import HistoryError
from domain.fill import Fill
from domain.order import UNSETTLED, BrokerOrder
from domain.position import Position
from orders.crash_point import crash_point
from orders.journal import Journal, JournalWriter
from orders.unbooked import forget_unbooked, unbooked_orders
from orders.updates import take_fill, take_order

OVERLAP_NS: Final = 60 * 10**9
"""Executions are asked for from a minute before the last comparison."""

LOOK_BACK_NS: Final = 2 * 86_400 * 10**9

MEETINGS: Final = 10
"""Positions and executions of a new account must be of one moment; so many times that is tried in a row."""

LOOKS: Final = 3
LOOK_AGAIN_S: Final = 0.2
"""Positions that differ are looked at so many times more: a fill may be on its way."""

COMPARED: Final = "compared_until"
"""The value in the journal: up to which market time (ns) the executions of an account are known."""

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

    def run(self, account_id: str) -> Reconciled:
        """One comparison."""
        met = self._journal.state(account_id, COMPARED) is not None
        new_fills = (self._catch_up if met else self._first)(account_id)
        crash_point("reconcile_before_positions")
        why = self._compare(account_id)
        for _ in range(LOOKS):
            if not why:
                break
            time.sleep(LOOK_AGAIN_S)
            new_fills += self._catch_up(account_id)
            why = self._compare(account_id)
        if new_fills or why:
            log.info("reconciled", new_fills=new_fills, why=why)
        return Reconciled(self._client.account(), why, new_fills)

    def _first(self, account_id: str) -> int:
        """Meet an account that this journal never compared: what it holds is taken over, less what fills to come will add."""
        for _ in range(MEETINGS):
            now, fills = self._fills(account_id)
            positions = self._client.positions()
            orders = self._broker_orders(account_id, now, fills)
            if _ids(self._fills(account_id)[1]) == _ids(fills):
                break
        else:
            raise HistoryError("The account trades too fast to be taken over. Trying again.")
        crash_point("first_before_adoption")
        with self._journal.writing() as rows:
            if not rows.positions(account_id):
                _adopt(rows, account_id, positions, [fill for fill, _ in fills])
            crash_point("first_after_adoption")
            return self._take(rows, account_id, now, orders, fills)

    def _catch_up(self, account_id: str) -> int:
        """Book what the broker did and the journal does not know; how many fills that were."""
        now, fills = self._fills(account_id)
        crash_point("reconcile_after_fills")
        orders = self._broker_orders(account_id, now, fills)
        crash_point("reconcile_after_orders")
        with self._journal.writing() as rows:
            new = self._take(rows, account_id, now, orders, fills)
            crash_point("reconcile_before_commit")
        crash_point("reconcile_after_commit")
        return new

    def _fills(self, account_id: str) -> tuple[int, list[tuple[Fill, Decimal]]]:
        """The market's time, and the executions since the last comparison (a while more, for those told late)."""
        now = self._client.clock()
        compared = self._journal.state(account_id, COMPARED)
        since = now - LOOK_BACK_NS if compared is None else min(int(compared), now) - OVERLAP_NS
        return now, self._client.fills_since(since, account_id)

    def _broker_orders(self, account_id: str, now: int, fills: list[tuple[Fill, Decimal]]) -> list[BrokerOrder]:
        """Every order that is open there, is open here, is recent or has a new fill: each once, as newly as it can be had."""
        listed = {order.order_id: order for order in self._client.orders_since(now - LOOK_BACK_NS)}
        listed |= {each.order_id: _newer(each, listed.get(each.order_id)) for each in self._client.open_orders()}
        booked = {fill.execution_id for fill in self._journal.fills_by_id(account_id, list(_ids(fills)))}
        wanted = [fill.order_id for fill, _ in fills if fill.execution_id not in booked]
        for order in self._journal.open_orders(account_id):
            if order.order_id and order.state not in UNSETTLED:
                wanted.append(order.order_id)
        for order_id in dict.fromkeys(wanted):
            told = None if order_id in listed else self._client.order(order_id)
            if told is not None:
                listed[order_id] = told
        return list(listed.values())

    def _take(
        self,
        rows: JournalWriter,
        account_id: str,
        now: int,
        orders: list[BrokerOrder],
        fills: list[tuple[Fill, Decimal]],
    ) -> int:
        new, ours = 0, {}
        for told in orders:
            ours[told.order_id] = take_order(rows, account_id, told).client_order_id
        crash_point("reconcile_between_orders_and_fills")
        for fill, filled_with_it in fills:
            if fill.order_id in ours:
                whole = replace(fill, client_order_id=ours[fill.order_id])
                new += take_fill(rows, whole, filled_with_it)
        rows.put_state(account_id, COMPARED, now)
        return new

    def _compare(self, account_id: str) -> str:
        """Positions that differ; where none do, everything that was told before is booked."""
        before = unbooked_orders(self._journal, account_id)
        why = self._disagreement(account_id)
        if before and not why:
            with self._journal.writing() as rows:
                forget_unbooked(rows, account_id, before)
        return why

    def _disagreement(self, account_id: str) -> str:
        """Positions that differ, with both numbers."""
        theirs = {symbol: qty for symbol, (qty, _) in self._client.positions().items() if qty}
        ours = {
            symbol: position.qty for symbol, position in self._journal.positions(account_id).items() if position.qty
        }
        parts = [
            f"{symbol}: the journal says {ours.get(symbol, 0)}, the broker {theirs.get(symbol, 0)}"
            for symbol in sorted(ours.keys() | theirs.keys())
            if ours.get(symbol) != theirs.get(symbol)
        ]
        return "; ".join(parts)


def _newer(told: BrokerOrder, before: BrokerOrder | None) -> BrokerOrder:
    """What a flat list tells of an order, with what only the nested one told before it: whose leg it is, and its legs."""
    return told if before is None else replace(told, parent_id=before.parent_id, legs=before.legs)


def _ids(fills: list[tuple[Fill, Decimal]]) -> set[str]:
    return {fill.execution_id for fill, _ in fills}


def _adopt(
    rows: JournalWriter, account_id: str, positions: dict[str, tuple[Decimal, Decimal]], fills: list[Fill]
) -> None:
    """Write down what was held before the fills: at its average price, or at the first fill's where that is not known."""
    for symbol in sorted(positions.keys() | {fill.symbol for fill in fills}):
        qty, cost = positions.get(symbol, (Decimal(0), Decimal(0)))
        later = [fill for fill in fills if fill.symbol == symbol]
        before = qty - sum((fill.qty * fill.side.sign for fill in later), Decimal(0))
        if not before:
            continue
        price = cost / qty if qty * before > 0 else later[0].price
        rows.put_position(Position(account_id, symbol, before, before * price))
        rows.audit(account_id, "position_adopted", symbol=symbol, qty=before)
