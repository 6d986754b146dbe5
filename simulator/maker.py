"""A market maker: quotes both sides around what the share is worth, in layers."""

from __future__ import annotations

import math

from domain.session import NS_PER_SECOND
from simulator.habits import Habits
from simulator.order import BUY, SELL, Order, Side
from simulator.view import View

DEEP = 2  # the first of the deep layers
SLACK = 0.2  # of a deep layer's distance
SIZES = (100,) * 11 + (200, 200, 200, 300, 300, 400, 500, 1_000)
ODD_LOTS = 0.22


class Maker:
    """`half_spread` in ticks; what it thinks the share is worth comes late and wanders around the truth."""

    __slots__ = ("_delay_ns", "_habits", "_half_spread", "_opinion", "_orders", "_view")

    def __init__(self, view: View, half_spread: float, delay_s: float, habits: Habits) -> None:
        self._view, self._habits, self._half_spread = view, habits, half_spread
        self._delay_ns = int(delay_s * NS_PER_SECOND)
        self._opinion = 0.0
        self._orders: dict[tuple[Side, int], Order] = {}

    def turn(self, ts_event: int) -> None:
        """Moves its orders to where they belong now."""
        view, random = self._view, self._view.random
        half = self._half_spread * view.mood.spread
        self._opinion = 0.8 * self._opinion + random.gauss(0.0, self._habits.opinion * half)
        thinks = view.worth(ts_event - self._delay_ns) + view.lean(ts_event) + self._opinion
        for index, reach in enumerate(view.listing.layers):
            self._requote(ts_event, BUY, index, math.floor(thinks - reach * half), half)
            self._requote(ts_event, SELL, index, math.ceil(thinks + reach * half), half)

    def _requote(self, ts_event: int, side: Side, layer: int, price: int, half: float) -> None:
        pit = self._view.pit
        opposite = pit.book.best(side.opposite)
        if opposite is not None:
            away = self._view.closest()
            if (price - opposite) * side > -away:
                price = opposite - side * away
        price = max(1, price)
        standing = self._orders.get((side, layer))
        if standing is not None:
            if standing.remaining and self._may_stay(abs(standing.price - price), layer, half):
                return
            pit.book.cancel(standing.order_id)
        self._orders[side, layer] = self._view.rest(ts_event, side, price, self._size() * (1 + layer))

    def _size(self) -> int:
        random = self._view.random
        if random.random() < ODD_LOTS:
            return 1 + int(99 * random.random())
        return SIZES[int(len(SIZES) * random.random())]

    def _may_stay(self, away: int, layer: int, half: float) -> bool:
        """Near the touch an order is moved at once, deep in the book only when it has got far from its place."""
        if layer:
            return away <= SLACK * self._view.listing.layers[layer] * half
        return away == 0 and self._view.random.random() < self._habits.keep
