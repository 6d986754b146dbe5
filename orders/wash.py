"""Wash trades: which open orders the broker refuses a market order of the other side beside.

Source: "User Protection" (wash trades). What kind of order the open one is does not help: only new brackets, OCOs, OTOs and
trailing stops are exempt.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.order import DONE, UNSETTLED, Order, Side
from orders.canceling import one_of_each_group


def in_the_way(orders: Iterable[Order], symbol: str, side: Side) -> list[Order]:
    """The open orders that get a market order of `side` refused, one of each group. What is held does not work yet."""
    no_work = DONE | UNSETTLED | {"held"}
    of_other_side = [order for order in orders if order.symbol == symbol and order.side is not side]
    return one_of_each_group([order for order in of_other_side if order.state not in no_work])
