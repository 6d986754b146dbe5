"""The bars that indicators are computed of: those that a page shows and those before them that a value needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from domain.bar import BAR, Bar, Bars
from domain.indicator import Indicator
from domain.indicator_values import UNKNOWN, Before, Columns, Values
from domain.interval import KEEP_BARS, LENGTH_NS, bar_start, bar_starts
from market_cache.reader import MarketReader

MOST_SHOWN: Final = 600
ROOM: Final = 600
"""So many bars more are taken in before the oldest are let go."""

MINUTE_NS: Final = LENGTH_NS["1Min"]

Forming = tuple[int, Bar] | None


class IndicatorBars:
    """Consecutive bars of a series, the forming one last, and the values computed of them."""

    def __init__(self, symbol: str, interval: str, epoch: int, seq: int, first: int, bars: Bars) -> None:
        self.symbol, self.interval, self.first = symbol, interval, first
        self._epoch, self._seq = epoch, seq
        self._closed, self._forming = bars, _none()
        self._capacity, self.warm_up = len(bars) + ROOM, 0
        self.before, self._columns = UNKNOWN, _no_columns()
        self._values: dict[str, list[Values]] = {}

    @property
    def last_close(self) -> float:
        """USD; 0 without a bar."""
        return float(self._columns.close[-1]) if len(self._columns.close) else 0.0

    def catch_up(self, reader: MarketReader, needed: int) -> bool:
        """Take in what changed. False: the series must be loaded anew (another epoch, older bars are needed, a gap)."""
        if reader.epoch != self._epoch or needed > self.warm_up:
            return False
        seq = reader.seq  # read first: what comes meanwhile is taken in again next time
        closed = reader.closed_since(self.symbol, self.interval, self._seq)
        if closed is None or not all(self._put(ordinal, bar) for ordinal, bar in closed):
            return False
        moved = self._take_forming(reader.forming(self.symbol, self.interval))
        self._seq = seq
        if closed or moved:
            self.renew()
        return True

    def take(self, forming: Forming) -> None:
        """The forming bar, where it follows the last closed one."""
        self._take_forming(forming)
        self.renew()

    def lines(self, indicator: Indicator, compute: Callable[[Indicator, Columns], list[Values]]) -> list[Values]:
        """The lines of an indicator over all bars; computed once as long as no bar changes."""
        if indicator.key not in self._values:
            self._values[indicator.key] = compute(indicator, self._columns)
        return self._values[indicator.key]

    def renew(self) -> None:
        """Forget values of bars that changed."""
        self._values.clear()
        self._columns = columns(np.concatenate([self._closed, self._forming]), self.interval, self.before)

    def _put(self, ordinal: int, bar: Bar) -> bool:
        place = ordinal - self.first
        if place == len(self._closed) and place < self._capacity:
            self._closed = np.concatenate([self._closed, np.array([bar], self._closed.dtype)])
        elif 0 <= place < len(self._closed):
            self._closed[place] = bar
        else:
            return place < 0  # older than all that is needed
        return True

    def _take_forming(self, forming: Forming) -> bool:
        follows = forming is not None and forming[0] == self.first + len(self._closed)
        new = np.array([forming[1]], self._closed.dtype) if follows and forming is not None else _none()
        moved = new.tobytes() != self._forming.tobytes()
        self._forming = new
        return moved


def load_bars(reader: MarketReader, symbol: str, interval: str, needed: int, until: int | None = None) -> IndicatorBars:
    """The last 600 bars, or those up to the ordinal `until`, with `needed` more before them where there are any."""
    epoch, seq = reader.epoch, reader.seq
    before = None if until is None else until + 1
    first, bars = reader.bars(symbol, interval, MOST_SHOWN + needed, before)
    held = IndicatorBars(symbol, interval, epoch, seq, first, bars.copy())
    held.warm_up, held.before = needed, traded_before(reader, symbol, interval, bars)
    held.take(reader.forming(symbol, interval))
    return held


def traded_before(reader: MarketReader, symbol: str, interval: str, bars: Bars) -> Before:
    """What was traded in the session of the first bar before it, by the minutes that the desk has."""
    if interval == "1Day" or not len(bars):
        return Before()
    start = int(bars["start"][0])
    midnight, whole = bar_start(start, "1Day"), -(-start // MINUTE_NS) * MINUTE_NS
    if start == midnight:
        return Before()
    minutes = minutes_since(reader, symbol, midnight)
    if minutes is None:
        return UNKNOWN
    earlier = minutes[(minutes["start"] >= midnight) & (minutes["start"] < whole)]
    return Before(float(earlier["notional"].sum()), float(earlier["volume"].sum()), whole)


def minutes_since(reader: MarketReader, symbol: str, midnight: int) -> Bars | None:
    """The minutes of a symbol from an instant on; None where the desk may have had more of them than it kept."""
    _, last = reader.bars(symbol, "1Min", 1)
    if not len(last) or int(last["start"][0]) < midnight:
        return last[:0]
    most = (int(last["start"][0]) - midnight) // MINUTE_NS + 2
    _, minutes = reader.bars(symbol, "1Min", most)
    reaches = int(minutes["start"][0]) < midnight
    return minutes if reaches or len(minutes) < KEEP_BARS["1Min"] else None


def columns(bars: Bars, interval: str, before: Before) -> Columns:
    """The bars as columns. Each New York day is a session of VWAP; a bar of a day is one by itself."""
    start = np.ascontiguousarray(bars["start"])
    session = start if interval == "1Day" else bar_starts(start, "1Day")
    names = "high", "low", "close", "volume", "notional"
    high, low, close, volume, notional = (np.ascontiguousarray(bars[name]) for name in names)
    return Columns(start, session, high, low, close, volume, notional, before)


def _none() -> Bars:
    return np.zeros(0, BAR)


def _no_columns() -> Columns:
    return columns(_none(), "1s", UNKNOWN)
