"""A market maker: quotes both sides around what the share is worth, in layers."""

from __future__ import annotations

import math
from random import Random

from simulator.order import Order, Side
from simulator.pit import Pit

DEEP = 2  # the first of the deep layers
SLACK = 0.2  # of a deep layer's distance
KEEP = 0.8  # the chance that an order already at its price stays, and with it its place in the queue


class Maker:
    """`half_spread` in ticks, `depth` a factor on its sizes; what it thinks the share is worth wanders around the truth."""

    def __init__(self, owner: str, pit: Pit, half_spread: float, random: Random, depth: float = 1.0) -> None:
        self._owner = owner
        self._pit = pit
        self._half_spread = half_spread
        self._random = random
        self._opinion = 0.0
        self._depth = depth
        self._orders: dict[tuple[Side, int], Order] = {}

    def turn(self, ts_event: int, worth: float) -> None:
        """Moves its orders to where they belong now; `worth` in ticks."""
        self._opinion = 0.8 * self._opinion + self._random.gauss(0.0, 0.25 * self._half_spread)
        for index, reach in enumerate(self._pit.listing.layers):
            for side in Side:
                self._requote(ts_event, side, index, worth + self._opinion - side * reach * self._half_spread)

    def _requote(self, ts_event: int, side: Side, layer: int, target: float) -> None:
        price = self._passive(side, math.floor(target) if side is Side.BUY else math.ceil(target))
        standing = self._orders.get((side, layer))
        if standing is not None:
            if standing.remaining and self._may_stay(abs(standing.price - price), layer):
                return
            self._pit.book.cancel(standing.order_id)
        size = max(1, int(100 * self._random.choice((1, 1, 1, 2, 2, 3, 5)) * (1 + layer) * self._depth))
        self._orders[side, layer] = self._pit.place(ts_event, self._owner, side, price, size)

    def _may_stay(self, away: int, layer: int) -> bool:
        """Near the touch an order is moved at once, deep in the book only when it has got far from its place."""
        if layer >= DEEP:
            return away <= SLACK * self._pit.listing.layers[layer] * self._half_spread
        return away == 0 and self._random.random() < KEEP

    def _passive(self, side: Side, price: int) -> int:
        """The nearest price that does not trade."""
        opposite = self._pit.book.best(side.opposite)
        if opposite is not None and (price - opposite) * side >= 0:
            price = opposite - side
        return max(1, price)
