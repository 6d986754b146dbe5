"""The forming bars: what has not closed yet, of every symbol and interval in one table, so that a batch is added in one go."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import BAR, Bar, Bars
from domain.interval import INTERVALS, LENGTH_NS, bar_end
from domain.tick_bars import add_bars

Slots = NDArray[np.int64]
"""Places in a table of all intervals and symbols: index of the interval times number of symbols, plus symbol."""

NEVER: Final = np.iinfo(np.int64).max


class FormingBars:
    """At most one forming bar a slot; a start of 0 says none. No bar ends before `first_end` (ns)."""

    def __init__(self, symbols: int) -> None:
        size = len(INTERVALS) * symbols
        self._symbols = symbols
        self.bars: Bars = np.zeros(size, BAR)
        self.starts = np.zeros(size, np.int64)
        self._ends = np.full(size, NEVER, np.int64)
        self.first_end: int = NEVER

    def at(self, slot: int) -> Bar:
        """A copy of the bar in a slot."""
        return self.bars[slot].copy()

    def put(self, slot: int, bar: Bar) -> None:
        """Give a slot its bar."""
        interval = INTERVALS[slot // self._symbols]
        self.bars[slot], self.starts[slot] = bar, bar["start"]
        self._ends[slot] = bar_end(int(bar["start"]), interval)
        self.first_end = min(self.first_end, int(self._ends[slot]))

    def clear(self, slots: Slots | int) -> None:
        """Let nothing form in some slots."""
        self.bars[slots] = np.zeros((), BAR)
        self.starts[slots], self._ends[slots] = 0, NEVER

    def join(self, slots: Slots, bars: Bars) -> NDArray[np.intp]:
        """Add to the bars of the same start; the rows for which there is none."""
        same = self.starts[slots] == bars["start"]
        if same.all():
            rows.put(self.bars, slots, add_bars(rows.pick(self.bars, slots), bars))
            return np.zeros(0, np.intp)
        if same.any():
            known = slots[same]
            rows.put(self.bars, known, add_bars(rows.pick(self.bars, known), rows.pick(bars, same)))
        return np.flatnonzero(~same)

    def replace(self, slots: Slots, bars: Bars) -> tuple[Slots, Bars]:
        """Give slots (each once) other bars; what formed there before."""
        formed = self.starts[slots] > 0
        left = slots[formed], rows.pick(self.bars, slots[formed])
        ends = self._ends_of(slots, bars["start"])
        rows.put(self.bars, slots, bars)
        self.starts[slots], self._ends[slots] = bars["start"], ends
        self.first_end = min(self.first_end, int(ends.min()))
        return left

    def ended(self, market_time: int) -> Slots:
        """The slots whose bar ends at `market_time` (ns) or before, in order. Costs nothing when there is none."""
        if market_time < self.first_end:
            return _NONE
        slots = np.flatnonzero(self._ends <= market_time)
        if not len(slots):
            self.first_end = int(self._ends.min())
        return slots

    def _ends_of(self, slots: Slots, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        lengths = _LENGTHS[slots // self._symbols]
        if lengths.all():
            return starts + lengths
        ends = starts + lengths
        days = lengths == 0
        begins, which = np.unique(starts[days], return_inverse=True)  # all symbols have the same few
        ends[days] = np.array([bar_end(begin, "1Day") for begin in begins.tolist()], np.int64)[which]
        return ends


_LENGTHS: Final = np.array([LENGTH_NS.get(interval, 0) for interval in INTERVALS], np.int64)
_NONE: Final = np.zeros(0, np.int64)
