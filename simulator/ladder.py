"""A ladder: the orders of one side of a book by price, best first, and at one price the oldest first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from simulator.order import Order, Side


class Level:
    """The orders at one price, oldest first, and the shares they add up to."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.quantity = 0


class Ladder:
    """The best price comes first in `ranks` (rank = price, turned round for buys)."""

    __slots__ = ("levels", "ranks", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = -int(side)
        self.levels: dict[int, Level] = {}
        self.ranks: list[int] = []

    def best(self) -> int | None:
        """The best price; None when the ladder is empty."""
        return self.ranks[0] * self.sign if self.ranks else None

    def add(self, order: Order) -> None:
        """At the end of the queue at its price."""
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = Level()
            insort(self.ranks, order.price * self.sign)
        level.orders[order.order_id] = order
        level.quantity += order.remaining

    def remove(self, order: Order) -> None:
        """With what is left of it."""
        level = self.levels[order.price]
        del level.orders[order.order_id]
        level.quantity -= order.remaining
        if not level.orders:
            del self.levels[order.price]
            del self.ranks[bisect_left(self.ranks, order.price * self.sign)]

    def reduce(self, order: Order, remaining: int) -> None:
        """To fewer shares, in its place in the queue."""
        self.levels[order.price].quantity -= order.remaining - remaining
        order.remaining = remaining

    def quantity(self, price: int) -> int:
        """The shares at a price."""
        level = self.levels.get(price)
        return level.quantity if level is not None else 0

    def first(self) -> Order:
        """The order that would be filled first; there is one."""
        return next(iter(self.levels[self.ranks[0] * self.sign].orders.values()))

    def within(self, limit: int) -> Iterator[Order]:
        """The orders that one who pays up to `limit` would come to."""
        for rank in self.ranks:
            if rank > limit * self.sign:
                return
            yield from self.levels[rank * self.sign].orders.values()

    def prices(self) -> Iterator[tuple[int, int]]:
        """Prices with their shares, best first."""
        for rank in self.ranks:
            yield rank * self.sign, self.levels[rank * self.sign].quantity

    def orders(self) -> Iterator[Order]:
        """In the order in which they would be filled."""
        for rank in self.ranks:
            yield from self.levels[rank * self.sign].orders.values()
