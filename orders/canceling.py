"""Canceling: requests to cancel, always let through. Only a trade update says that an order is canceled."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from broker.order_client import OrderClient
from domain.order import DONE, Order, Side
from orders.crash_point import crash_point
from orders.groups import groups_of
from orders.journal import Journal
from orders.order_log import about

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cancel:
    """What became of a request to cancel: empty `problem` if the broker took it."""

    client_order_id: str
    problem: str


class Canceling:
    """Cancels for one account. A call may block for 3 s an order: not for an event loop."""

    def __init__(self, account_id: str, journal: Journal, client: OrderClient) -> None:
        self._account_id, self._journal, self._client = account_id, journal, client

    def cancel(self, client_order_id: str) -> Cancel:
        """Ask the broker to cancel an order."""
        order = self._journal.order(client_order_id)
        if order is None or order.account_id != self._account_id:
            return Cancel(client_order_id, "There is no such order.")
        if order.state in DONE:
            return Cancel(client_order_id, f"The order is {order.state} already.")
        if not order.order_id:
            return Cancel(client_order_id, "The broker has not confirmed the order yet; try again in a moment.")
        crash_point("before_cancel")
        problem = self._client.cancel(order.order_id)
        crash_point("after_cancel")
        log.info("cancel requested", **about(order), problem=problem)
        return Cancel(client_order_id, problem)

    def cancel_all(self) -> list[Cancel]:
        """Ask for a cancel of every open order; one of those that hang together takes the others with it."""
        return self._cancel_each(self._journal.open_orders(self._account_id))

    def cancel_side(self, side: Side) -> list[Cancel]:
        """Ask for a cancel of every open order of a side, but not of the exits of an entry that works: they are part of it."""
        return self._cancel_each(of_side(self._journal.open_orders(self._account_id), side))

    def _cancel_each(self, orders: list[Order]) -> list[Cancel]:
        return [self.cancel(order.client_order_id) for order in one_of_each_group(orders)]


def of_side(orders: list[Order], side: Side) -> list[Order]:
    """The orders of a side, without the legs of those of the other side: to cancel one would cancel its entry."""
    entries = {order.order_id for order in orders if order.side is not side and order.order_id}
    return [order for order in orders if order.side is side and order.parent_id not in entries]


def one_of_each_group(orders: list[Order]) -> list[Order]:
    """Of orders that hang together the one to cancel: the parent, else one that works, else one that is held."""
    return [min(group, key=_whom_to_cancel) for group in groups_of(orders).values()]


def _whom_to_cancel(order: Order) -> tuple[bool, bool]:
    return bool(order.parent_id), order.state == "held"
