"""Orders whose fate is unknown: looked up until it is known. Only the worker does this."""

from __future__ import annotations

import time
from typing import Final

from broker.order_client import Accepted, Missing, OrderClient
from domain.order import INTENT, NOT_PLACED, SENDING, UNKNOWN, Order
from orders.journal import Journal
from orders.updates import take_order

GRACE_S: Final = 30.0
"""A look-up right after an unclear answer may come too early; absence counts only after this long."""


class UnknownOrders:
    """Settles orders whose fate is unknown: looks them up, and after a while of definite absence calls them not placed."""

    def __init__(self, account_id: str, journal: Journal, client: OrderClient) -> None:
        self._account_id, self._journal, self._client = account_id, journal, client

    def settle(self) -> int:
        """Look up every order that is unknown, or was being sent by a process that died; how many are left."""
        left = 0
        for order in self._journal.open_orders(self._account_id):
            if order.state == UNKNOWN or (order.state in (INTENT, SENDING) and self._age_s(order) > GRACE_S):
                left += not self._settle(order)
        return left

    def _settle(self, order: Order) -> bool:
        found = self._client.look_up(order.client_order_id)
        if isinstance(found, Accepted):
            with self._journal.writing() as rows:
                take_order(rows, self._account_id, found.order)
            return True
        if isinstance(found, Missing) and self._age_s(order) > GRACE_S:
            return self._not_placed(order)
        return False

    def _not_placed(self, order: Order) -> bool:
        with self._journal.writing() as rows:
            if rows.claim(order.client_order_id, self._account_id, order.state, NOT_PLACED):
                reason = "The broker does not have this order. It was not placed."
                rows.change_order(order.client_order_id, self._account_id, reason=reason)
        return True

    def _age_s(self, order: Order) -> float:
        return (time.time_ns() - order.created_at) / 1e9
