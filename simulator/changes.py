"""The changes of one action: written down together, and only then told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.execution import Execution
from simulator.practice_db import PracticeDb
from simulator.trade_update import TradeUpdate
from simulator.trader import AccountRow

Publish = Callable[[UUID, TradeUpdate], None]


class Changes:
    """Nobody hears of an order that a kill -9 could take back."""

    def __init__(self, db: PracticeDb, publish: Publish) -> None:
        self._db, self._publish = db, publish
        self._accounts: dict[UUID, AccountRow] = {}
        self._orders: dict[UUID, ClientOrder] = {}
        self._executions: list[Execution] = []
        self._updates: list[TradeUpdate] = []
        self.count = 0

    def account(self, row: AccountRow) -> None:
        """An account that is new or different."""
        self._accounts[row.account_id] = row
        self.count += 1

    def order(self, order: ClientOrder) -> None:
        """An order that is new or different."""
        self._orders[order.order_id] = order
        self.count += 1

    def execution(self, execution: Execution) -> None:
        """A new execution."""
        self._executions.append(execution)

    def update(self, update: TradeUpdate) -> None:
        """An event to tell of."""
        self._updates.append(update)

    def settle(self) -> None:
        """Writes all in one transaction, then publishes. What cannot be written is kept for the next time."""
        if self._accounts or self._orders:
            self._db.write(self._accounts.values(), self._orders.values(), self._executions)
            self._accounts, self._orders, self._executions = {}, {}, []
        updates, self._updates = self._updates, []
        for update in updates:
            self._publish(update.order.account_id, update)
