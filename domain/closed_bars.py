"""The closed bars of all symbols and intervals, and which of them are to be published."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import Bar, Bars
from domain.bar_series import BarSeries
from domain.closed_bar import CLOSED_BAR
from domain.forming_bars import Slots
from domain.interval import INTERVALS, KEEP_BARS
from domain.recent_bars import RecentBars
from domain.tick import Records


class ClosedBars:
    """A series for each slot. What is appended, changed or moved is pending until it was taken.

    By slot, `past` holds the start of the newest bar that is over, whether it left a bar or had no priced trade, and
    `next_ordinals` the ordinal that the next bar gets.
    """

    def __init__(self, symbols: int) -> None:
        self._symbols = symbols
        self._series: list[BarSeries | None] = [None] * (len(INTERVALS) * symbols)
        self._recent = RecentBars(len(self._series))
        self.past = np.full(len(self._series), -1, np.int64)
        self.next_ordinals = np.zeros(len(self._series), np.int64)
        self._pending: list[Records] = []

    def series(self, slot: int) -> BarSeries:
        """The closed bars of a slot."""
        series = self._series[slot]
        if series is None:
            series = self._series[slot] = BarSeries()
        if self._recent.any_of(slot):
            self._extend(slot, series, self._recent.take(slot))
        return series

    def take_over(self, slot: int, series: BarSeries) -> None:
        """Take a series that an earlier process left."""
        self._recent.take(slot)
        self._series[slot] = series
        self._look_at(slot)

    def restart(self, slot: int, start: int, history: Bars) -> None:
        """Keep the bars before `start` (ns) and take what history says."""
        series = self.series(slot)
        series.keep_before(start)
        series.merge(history)
        self._look_at(slot)

    def append(self, slots: Slots, bars: Bars) -> None:
        """Add bars newer than all in their slots, in order of slot; of several for one slot the older comes first."""
        if not len(slots):
            return
        begins = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
        counts = np.diff(begins, append=len(slots))
        ranks = np.arange(len(slots)) - np.repeat(begins, counts)
        ordinals = self.next_ordinals[slots] + ranks
        room = self._recent.have_room(slots[begins], counts)
        for begin, count in zip(begins[~room].tolist(), counts[~room].tolist(), strict=True):
            slot = int(slots[begin])
            self._extend(slot, self.series(slot), bars[begin : begin + count])
        fits = np.repeat(room, counts)
        self._recent.add(slots[fits], ranks[fits], rows.pick(bars, fits))
        self.pass_by(slots, bars["start"])
        self.next_ordinals[slots] = ordinals + 1
        self._note(slots, ordinals, bars)

    def pass_by(self, slots: Slots, starts: NDArray[np.int64]) -> None:
        """Take it that the bars of these starts are over; of several for one slot the older comes first."""
        self.past[slots] = np.maximum(self.past[slots], starts)

    def insert(self, slot: int, bar: Bar) -> None:
        """Put a bar between others; the older ones move to smaller ordinals."""
        series = self.series(slot)
        place = series.insert(bar)
        moved = np.arange(series.first, place + 1)
        self.past[slot] = max(int(self.past[slot]), int(bar["start"]))
        self._note(np.full(len(moved), slot), moved, series.bars[: len(moved)])

    def amend(self, slot: int, ordinal: int, bar: Bar) -> None:
        """Replace a bar; its revision goes up."""
        series = self.series(slot)
        bar["revision"] = series.at(ordinal)["revision"] + 1
        bar["final"] = 1
        series.put(ordinal, bar)
        self._note(np.array([slot]), np.array([ordinal]), np.array([bar]))

    def pending(self) -> Records:
        """The CLOSED_BAR records of all that was appended, changed or moved since `forget_pending`, in order."""
        if len(self._pending) > 1:
            self._pending = [rows.stack(self._pending)]
        return self._pending[0] if self._pending else np.zeros(0, CLOSED_BAR)

    def forget_pending(self) -> None:
        """What is pending was published."""
        self._pending.clear()

    def _extend(self, slot: int, series: BarSeries, bars: Bars) -> None:
        series.extend(bars)
        series.trim(KEEP_BARS[INTERVALS[slot // self._symbols]])

    def _look_at(self, slot: int) -> None:
        series = self.series(slot)
        self.past[slot], self.next_ordinals[slot] = series.last_start, series.next_ordinal

    def _note(self, slots: Slots, ordinals: Slots, bars: Bars) -> None:
        noted = np.zeros(len(slots), CLOSED_BAR)
        noted["symbol"], noted["interval"] = slots % self._symbols, slots // self._symbols
        noted["ordinal"] = ordinals
        rows.put(noted["bar"], slice(None), bars)
        self._pending.append(noted)
