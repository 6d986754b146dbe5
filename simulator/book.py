"""The limit order book of one symbol: price first, then time. All orders stand in it alike, whoever owns them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from simulator.order import Fill, Order, Side


class _Level:
    """The orders at one price, oldest first, and the shares they add up to."""

    __slots__ = ("orders", "quantity")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.quantity = 0

    def add(self, order: Order) -> None:
        self.orders[order.order_id] = order
        self.quantity += order.remaining


class _Ladder:
    """One side of the book; the best price comes first in `ranks` (rank = price, turned round for buys)."""

    __slots__ = ("levels", "ranks", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = -int(side)
        self.levels: dict[int, _Level] = {}
        self.ranks: list[int] = []

    def best(self) -> int | None:
        return self.ranks[0] * self.sign if self.ranks else None

    def add(self, order: Order) -> None:
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = _Level()
            insort(self.ranks, order.price * self.sign)
        level.add(order)

    def remove(self, order: Order) -> None:
        level = self.levels[order.price]
        del level.orders[order.order_id]
        level.quantity -= order.remaining
        if not level.orders:
            del self.levels[order.price]
            del self.ranks[bisect_left(self.ranks, order.price * self.sign)]


class Book:
    """Matches what arrives against what rests; afterwards the best bid is below the best ask."""

    def __init__(self) -> None:
        self._ladders = {Side.BUY: _Ladder(Side.BUY), Side.SELL: _Ladder(Side.SELL)}
        self._resting: dict[int, Order] = {}

    def submit(self, order: Order, *, rest: bool = True) -> list[Fill]:
        """The fills, best price and oldest order first; what is left rests, or is dropped when `rest` is false."""
        fills = list(self._match(order))
        if rest and order.remaining:
            self._ladders[order.side].add(order)
            self._resting[order.order_id] = order
        return fills

    def _match(self, order: Order) -> Iterator[Fill]:
        opposite = self._ladders[order.side.opposite]
        while order.remaining and opposite.ranks:
            price = opposite.ranks[0] * opposite.sign
            if (price - order.price) * order.side > 0:
                return
            yield self._fill(opposite, price, order)

    def _fill(self, ladder: _Ladder, price: int, incoming: Order) -> Fill:
        level = ladder.levels[price]
        resting = next(iter(level.orders.values()))
        quantity = min(resting.remaining, incoming.remaining)
        resting.remaining -= quantity
        incoming.remaining -= quantity
        level.quantity -= quantity
        if not resting.remaining:
            ladder.remove(resting)
            del self._resting[resting.order_id]
        return Fill(price, quantity, resting, incoming)

    def cancel(self, order_id: int) -> Order | None:
        """The order taken out of the book with what was left of it, or None when it does not rest there."""
        order = self._resting.pop(order_id, None)
        if order is not None:
            self._ladders[order.side].remove(order)
        return order

    def cancel_all(self, owner: str) -> None:
        """Takes every order of one owner out."""
        for order in [order for order in self._resting.values() if order.owner == owner]:
            self.cancel(order.order_id)

    def best(self, side: Side) -> int | None:
        """The best price of a side in ticks; None when the side is empty."""
        return self._ladders[side].best()

    def quantity(self, side: Side, price: int) -> int:
        """The shares that rest at a price."""
        level = self._ladders[side].levels.get(price)
        return level.quantity if level else 0

    def within(self, side: Side, price: int) -> int:
        """The shares that an order of a side could have at once, up to its price."""
        ladder = self._ladders[side.opposite]
        reachable = (rank * ladder.sign for rank in ladder.ranks)
        return sum(ladder.levels[found].quantity for found in reachable if (found - price) * side <= 0)

    def touch(self) -> tuple[int, int, int, int]:
        """Best bid, its shares, best ask, its shares; zeros for an empty side."""
        bid, ask = self.best(Side.BUY) or 0, self.best(Side.SELL) or 0
        return bid, self.quantity(Side.BUY, bid), ask, self.quantity(Side.SELL, ask)

    def levels(self, side: Side) -> Iterator[tuple[int, int]]:
        """A side's prices in ticks with what rests there, best first."""
        ladder = self._ladders[side]
        for rank in ladder.ranks:
            yield rank * ladder.sign, ladder.levels[rank * ladder.sign].quantity

    def orders(self, side: Side) -> Iterator[Order]:
        """A side's orders in the order in which they would be filled."""
        ladder = self._ladders[side]
        for rank in ladder.ranks:
            yield from ladder.levels[rank * ladder.sign].orders.values()
