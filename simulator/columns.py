"""Bars as columns: many bars of one symbol at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from simulator.bar import Bar

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BarColumns:
    """Columns of equal length, `start` in nanoseconds and growing; prices in USD, `volume` in shares (whole numbers) or coins."""

    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints | Floats
    trade_count: Ints
    vwap: Floats

    def __len__(self) -> int:
        return len(self.start)

    def _columns(self) -> list[Any]:
        return [getattr(self, name) for name in self.__slots__]

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(*(column[rows] for column in self._columns()))

    def between(self, start: int, end: int) -> Self:
        """The bars stamped `start`..`end`, both included."""
        low, high = np.searchsorted(self.start, start), np.searchsorted(self.start, end, side="right")
        return self[int(low) : int(high)]

    def key(self, index: int) -> tuple[int, int]:
        """What places a row among the others: the stamp."""
        return int(self.start[index]), 0

    def count_until(self, key: tuple[int, int], *, included: bool) -> int:
        """How many rows come before a key."""
        return int(np.searchsorted(self.start, key[0], side="right" if included else "left"))

    def grouped(self, stamps: Ints) -> Self:
        """Longer bars: one for each run of equal `stamps` (one for every row)."""
        if not len(self):
            return self
        first = np.flatnonzero(np.diff(stamps, prepend=stamps[0] - 1))
        last = np.append(first[1:], len(self)) - 1
        volume = np.add.reduceat(self.volume, first)
        return type(self)(
            start=stamps[first],
            open=self.open[first],
            high=np.maximum.reduceat(self.high, first),
            low=np.minimum.reduceat(self.low, first),
            close=self.close[last],
            volume=volume,
            trade_count=np.add.reduceat(self.trade_count, first),
            vwap=np.round(np.add.reduceat(self.vwap * self.volume, first) / np.where(volume == 0, 1, volume), 6),
        )

    def joined(self, later: Self) -> Self:
        """These bars and the ones after them."""
        if not len(self):
            return later
        pairs = zip(self._columns(), later._columns(), strict=True)
        return type(self)(*(np.concatenate(pair) for pair in pairs)) if len(later) else self

    def bar(self, symbol: str, index: int) -> Bar:
        """One row as a bar."""
        return Bar(symbol, *(column[index].item() for column in self._columns()))

    @classmethod
    def of(cls, bars: Iterable[Bar]) -> Self:
        """The columns of bars in order."""
        rows = [(b.start, b.open, b.high, b.low, b.close, b.volume, b.trade_count, b.vwap) for b in bars]
        if not rows:
            return cls.empty()
        starts, opens, highs, lows, closes, volumes, counts, vwaps = zip(*rows, strict=True)
        return cls(
            np.array(starts, np.int64),
            np.array(opens, np.float64),
            np.array(highs, np.float64),
            np.array(lows, np.float64),
            np.array(closes, np.float64),
            np.array(volumes),
            np.array(counts, np.int64),
            np.array(vwaps, np.float64),
        )

    @classmethod
    def empty(cls) -> Self:
        """No bars."""
        ints, floats = np.empty(0, np.int64), np.empty(0, np.float64)
        return cls(ints, floats, floats, floats, floats, ints, ints, floats)
