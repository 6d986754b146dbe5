"""The register: every account and order in its latest state, written down before anybody is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from simulator.changes import Changes, Publish
from simulator.client_order import ClientOrder, Status
from simulator.execution import Execution
from simulator.practice_db import PracticeDb
from simulator.trade_update import TradeUpdate
from simulator.trader import AccountRow, Trader
from simulator.venue import VenueFill


class Register:
    """What changes between two calls of `settle` is written in one transaction; only then events leave."""

    def __init__(self, db: PracticeDb, publish: Publish, now: Callable[[], int]) -> None:
        """`now` is market time in nanoseconds UTC."""
        self.traders: dict[UUID, Trader] = {}
        self._now = now
        self._changes = Changes(db, publish)
        self._whose: dict[UUID, Trader] = {}
        self._orders = self._executions = self._last_moment = 0
        for row in db.accounts():
            self.traders[row.account_id] = Trader(row)
        for order in db.orders():
            self._whose[order.order_id] = trader = self.traders[order.account_id]
            trader.put(order)
            self._orders = order.sequence
        for execution in db.executions():
            self.traders[execution.account_id].book(execution)
            self._executions = execution.sequence

    @property
    def changes(self) -> int:
        """How many new accounts and orders, and new states of them, there have been."""
        return self._changes.count

    def moment(self) -> int:
        """Market time, but later than every moment that was given out before."""
        self._last_moment = max(self._last_moment + 1, self._now())
        return self._last_moment

    def follow(self, now: Callable[[], int]) -> None:
        """Takes moments from another clock."""
        self._now = now

    def go_back(self) -> None:
        """The market's clock was put elsewhere: moments follow it, also back."""
        self._last_moment = 0

    def next_sequence(self) -> int:
        """The number of a new order."""
        self._orders += 1
        return self._orders

    def whose(self, order: ClientOrder) -> Trader:
        """The trader of an order."""
        return self.traders[order.account_id]

    def latest(self, order_id: UUID) -> ClientOrder:
        """The order as it is now."""
        return self._whose[order_id].orders[order_id]

    def open_orders(self) -> list[ClientOrder]:
        """Those of all accounts, the oldest first."""
        found = [order for trader in self.traders.values() for order in trader.open_orders.values()]
        return sorted(found, key=lambda order: order.sequence)

    def put(self, order: ClientOrder) -> ClientOrder:
        """A new order, or a new state of one."""
        trader = self._whose[order.order_id] = self.traders[order.account_id]
        trader.put(order)
        self._changes.order(order)
        return order

    def turn(self, order: ClientOrder, status: Status, **changed: Any) -> ClientOrder:
        """The order in another status, put and told."""
        order = self.put(order.changed(**changed).turned(status, self.moment()))
        self.tell(status, order)
        return order

    def account(self, trader: Trader, row: AccountRow) -> None:
        """A new account, or a new state of one."""
        self.traders[row.account_id] = trader
        trader.row = row
        self._changes.account(row)

    def book(self, fill: VenueFill) -> ClientOrder:
        """One more execution of an order that is not done; the order after it."""
        order = self.latest(fill.order_id)
        trader, moment = self.whose(order), max(self.moment(), fill.ts_event)
        qty = fill.qty
        if order.notional is not None and not order.opens:
            # The price may have moved: an amount of money never takes more of a position than was held for it.
            qty = min(qty, order.qty)
        order = order.filled(qty, fill.price, moment)
        self._executions += 1
        execution = Execution(
            execution_id=uuid4(),
            account_id=order.account_id,
            order_id=order.order_id,
            sequence=self._executions,
            symbol=order.symbol,
            side=order.side,
            qty=qty,
            price=fill.price,
            cum_qty=order.filled_qty,
            leaves_qty=order.remaining,
            ts_event=moment,
        )
        trader.book(execution)
        self._changes.execution(execution)
        self.tell("fill" if order.is_done else "partial_fill", self.put(order), execution)
        return order

    def tell(self, event: str, order: ClientOrder, execution: Execution | None = None) -> None:
        """An event in the life of an order, for whoever listens."""
        position_qty = self.whose(order).ledger.qty(order.symbol) if execution else None
        update = TradeUpdate(
            event=event,
            execution_id=execution.execution_id if execution else uuid4(),
            ts_event=order.updated_at,
            order=order,
            execution=execution,
            position_qty=position_qty,
        )
        self._changes.update(update)

    def settle(self) -> None:
        """The end of an action."""
        self._changes.settle()
