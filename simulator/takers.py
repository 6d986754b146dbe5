"""The takers of one pit: bursts of orders that trade at once, by those who know the value, the trend, the news, or nothing."""

from __future__ import annotations

from functools import partial
from math import exp

from simulator.agenda import Action, Agenda
from simulator.order import BUY, SELL, Side
from simulator.pit import OWNER
from simulator.view import View

LARGE = (200, 200, 200, 300, 300, 400, 500, 700, 1_000)
LARGEST_SWEEP = 3  # ticks beyond the best price


class Takers:
    """`reacted` is called when an order has traded: makers look at once."""

    def __init__(self, view: View, agenda: Agenda, reacted: Action) -> None:
        self._view, self._agenda, self._habits, self._reacted = view, agenda, view.habits, reacted

    def burst(self, ts_event: int) -> None:
        """Somebody begins to trade, one order after the other, mostly of one side."""
        self._continue(self._side(ts_event), self._size(), ts_event)

    def look(self, ts_event: int) -> None:
        """Whoever has the news takes what is still quoted at the price of before."""
        view = self._view
        lag = view.worth(ts_event) + view.lean(ts_event) - view.middle(ts_event)
        if abs(lag) > view.stale * view.mood.spread:
            self._continue(BUY if lag > 0 else SELL, self._size(), ts_event)

    def _continue(self, side: Side, size: int, ts_event: int) -> None:
        habits, random = self._habits, self._view.random
        if self._is_dear() and random.random() < habits.picky:
            self._agenda.after(ts_event, habits.wait_s, partial(self._continue, side, size))
            return
        if random.random() > habits.stubborn:
            side = side.opposite
        self._take(side, size, ts_event)
        if random.random() > 1 / habits.orders_a_burst:
            if random.random() < 0.5:
                size = self._size()
            self._agenda.around(ts_event, habits.pause, habits.pause_spread, partial(self._continue, side, size))

    def _is_dear(self) -> bool:
        """Whether the spread is so wide that it is better to wait a little."""
        bid, _, ask, _ = self._view.pit.book.touch()
        return ask - bid > self._habits.dear * 2 * self._view.half_spread * self._view.mood.spread

    def _take(self, side: Side, size: int, ts_event: int) -> None:
        view, random = self._view, self._view.random
        best = view.pit.book.best(side.opposite)
        if best is None:
            return
        reach = 0
        if random.random() < self._habits.sweep:
            reach = 1 + int(random.random() * max(LARGEST_SWEEP, 0.5 * view.half_spread))
            size *= 2
        view.pit.place(ts_event, OWNER, side, best + side * reach, size, rest=False)
        view.push(ts_event, side, size)
        if random.random() < self._habits.reaction:
            self._agenda.around(ts_event, 0.003, 1.5, self._reacted)

    def _side(self, ts_event: int) -> Side:
        """Value buys what will be worth more than it is, momentum what has risen, the others what they like."""
        view, habits = self._view, self._habits
        drawn, chance = view.random.random(), 0.5
        if drawn < habits.value:
            ahead_s = habits.foresight_s if drawn < habits.value * habits.hasty else habits.far_foresight_s
            chance = _rising(habits.pull * view.prospect(ts_event, ahead_s) / view.half_spread)
        elif drawn < habits.value + habits.momentum:
            chance = _rising(habits.follow * view.trend(ts_event) / view.half_spread)
        return BUY if view.random.random() < chance else SELL

    def _size(self) -> int:
        """Shares of an order: often exactly 100, often fewer, seldom many."""
        random, habits = self._view.random, self._habits
        drawn = random.random()
        if drawn < habits.round_lot:
            return 100
        if drawn < habits.round_lot + habits.small:
            return max(1, min(99, int(habits.small_median * exp(random.gauss(0.0, 1.1)))))
        return LARGE[int(len(LARGE) * random.random())]


def _rising(strength: float) -> float:
    """A chance that grows with a strength, 0.5 for none."""
    return 1 / (1 + exp(-2 * max(-8.0, min(8.0, strength))))
