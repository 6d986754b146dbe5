"""The series: the closed bars of one symbol and interval, each at an ordinal that stays its own."""

from __future__ import annotations

from typing import Final

import numpy as np

from domain import rows
from domain.bar import BAR, Bar, Bars

SPARE: Final = 8
"""A series has room for an eighth more than it holds, and holds an eighth more than is kept before the oldest are dropped."""


class BarSeries:
    """Closed bars in order of start. Ordinals are consecutive; `first` is that of the oldest bar.

    A bar that turns out to have been missing gets its place by giving the older bars smaller numbers: what is new on a
    chart never moves.
    """

    def __init__(self, first: int = 0, bars: Bars | None = None) -> None:
        self.first = first
        self._size = 0
        self._rows: Bars = np.zeros(0, BAR)
        self._hold(first, self._rows if bars is None else bars)

    def __len__(self) -> int:
        return self._size

    @property
    def bars(self) -> Bars:
        """A view of the bars, oldest first."""
        return self._rows[: self._size]

    @property
    def next_ordinal(self) -> int:
        """The ordinal that the next newer bar will get."""
        return self.first + self._size

    @property
    def last_start(self) -> int:
        """The start of the newest bar; a number below every start if there is none."""
        return int(self._rows["start"][self._size - 1]) if self._size else -1

    def find(self, start: int) -> int | None:
        """The ordinal of the bar that begins at `start`."""
        position = int(np.searchsorted(self.bars["start"], start))
        found = position < self._size and self._rows["start"][position] == start
        return self.first + position if found else None

    def at(self, ordinal: int) -> Bar:
        """A copy of the bar at an ordinal."""
        return self._rows[ordinal - self.first].copy()

    def put(self, ordinal: int, bar: Bar) -> None:
        """Replace the bar at an ordinal."""
        self._rows[ordinal - self.first] = bar

    def append(self, bar: Bar) -> int:
        """Add a bar newer than all; its ordinal."""
        self.extend(np.array([bar], BAR))
        return self.next_ordinal - 1

    def extend(self, bars: Bars) -> None:
        """Add bars newer than all, oldest first."""
        size = self._size + len(bars)
        if size > len(self._rows):
            self._make_room(len(bars))
        rows.put(self._rows, slice(self._size, size), bars)
        self._size = size

    def insert(self, bar: Bar) -> int:
        """Add a bar between others; older bars get smaller numbers. The ordinal of the bar."""
        position = int(np.searchsorted(self.bars["start"], bar["start"]))
        parts = [self._rows[:position], np.array([bar], BAR), self._rows[position : self._size]]
        self._hold(self.first - 1, np.concatenate(parts))
        return self.first + position

    def between(self, start: int, end: int) -> Bars:
        """A view of the bars that begin in [start, end)."""
        low, high = np.searchsorted(self.bars["start"], [start, end])
        return self.bars[low:high]

    def keep_before(self, start: int) -> None:
        """Drop the bars that begin at `start` or later."""
        self._size = int(np.searchsorted(self.bars["start"], start))

    def merge(self, bars: Bars) -> None:
        """Take bars from history, in order of start: where both have a bar, theirs stands. The newest old bar keeps its ordinal."""
        if not len(bars):
            return
        ours = self.bars[~np.isin(self.bars["start"], bars["start"])]
        merged = np.concatenate([ours, bars])
        merged = merged[np.argsort(merged["start"], kind="stable")]
        if not self._size:
            self._hold(self.first, merged)
            return
        anchor = int(np.searchsorted(merged["start"], self.last_start))
        self._hold(self.next_ordinal - 1 - anchor, merged)

    def trim(self, keep: int) -> None:
        """Drop the oldest bars beyond `keep`."""
        if self._size > keep + keep // SPARE:
            self._hold(self.next_ordinal - keep, self.bars[-keep:].copy())

    def _hold(self, first: int, bars: Bars) -> None:
        self.first = first
        self._size = len(bars)
        self._rows = bars
        self._make_room()

    def _make_room(self, more: int = 0) -> None:
        """For so many, and an eighth more: series that are doubled hold twice the memory that they use."""
        grown = np.zeros(self._size + max(8, self._size // SPARE, more), BAR)
        rows.put(grown, slice(self._size), self._rows[: self._size])
        self._rows = grown
