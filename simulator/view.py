"""The view of one pit that everybody in its crowd shares: what the share is worth, where the flow went, what to draw from."""

from __future__ import annotations

import math
from random import Random

from domain.session import NS_PER_SECOND
from simulator.habits import Habits
from simulator.mood import USUAL
from simulator.order import TICKS_PER_DOLLAR, Order, Side
from simulator.path import MINUTE_DEVIATION, FundamentalPath
from simulator.pit import OWNER, Pit

FARTHEST_LEAN = 20  # half spreads: a run after the news must not carry the price beyond them
QUIET_PACE = 0.5  # trades a second, up to which an order moves the price as much as it can


class View:
    """Prices and distances in ticks. Beyond `stale` a quote is behind the news."""

    def __init__(self, pit: Pit, path: FundamentalPath, habits: Habits, random: Random) -> None:
        self.pit, self.listing, self.random, self.habits = pit, pit.listing, random, habits
        self.mood = USUAL
        self.half_spread = self.listing.spread * TICKS_PER_DOLLAR / 2
        usual_move = self.listing.price * TICKS_PER_DOLLAR * MINUTE_DEVIATION * self.listing.volatility / 6
        self.stale = max(habits.stale * self.half_spread, habits.startling * usual_move)
        self._impact = habits.impact * self.half_spread * min(1.0, math.sqrt(QUIET_PACE / self.listing.pace))
        self._path = path
        self._lean, self._lean_at = 0.0, 0
        self._trend, self._trend_at = 0.0, 0

    def begin(self, ts_event: int) -> None:
        """Nothing has happened yet."""
        self._lean, self._lean_at = 0.0, ts_event
        self._trend, self._trend_at = self.worth(ts_event), ts_event

    def worth(self, ts_event: int) -> float:
        """What the share is worth."""
        return self._path.price_at(ts_event) * TICKS_PER_DOLLAR

    def prospect(self, ts_event: int, ahead_s: float) -> float:
        """By how much more the share will be worth after a time: those who study it know."""
        return self.worth(ts_event + int(ahead_s * NS_PER_SECOND)) - self.worth(ts_event)

    def closest(self) -> int:
        """How near to the other side anybody quotes."""
        return max(1, round(self.habits.closest * 2 * self.half_spread * self.mood.spread))

    def middle(self, ts_event: int) -> float:
        """Of the touch; what the share is worth where a side is empty."""
        bid, _, ask, _ = self.pit.book.touch()
        return (bid + ask) / 2 if bid and ask else self.worth(ts_event)

    def lean(self, ts_event: int) -> float:
        """How far the flow of late has pushed what makers think; it wears off."""
        away = (ts_event - self._lean_at) / NS_PER_SECOND
        return self._lean * math.exp(-away / self.habits.impact_s)

    def push(self, ts_event: int, side: Side, shares: int) -> None:
        """One more order took from the book; large ones say more."""
        lean = self.lean(ts_event) + side * self._impact * (shares / 100) ** self.habits.size_tells
        farthest = FARTHEST_LEAN * self.half_spread
        self._lean = max(-farthest, min(farthest, lean))
        self._lean_at = ts_event

    def trend(self, ts_event: int) -> float:
        """How far the middle is from where it was, over the memory of those who follow it."""
        middle = self.middle(ts_event)
        fading = math.exp(-(ts_event - self._trend_at) / NS_PER_SECOND / self.habits.memory_s)
        self._trend = middle + (self._trend - middle) * fading
        self._trend_at = ts_event
        return middle - self._trend

    def rest(self, ts_event: int, side: Side, price: int, size: int, *, hidden: bool = False) -> Order:
        """An order of the crowd in the book; it takes at once what its price reaches."""
        shares = max(1, int(size * self.mood.depth))
        return self.pit.place(ts_event, OWNER, side, price, shares, hidden=hidden)
