"""The day: the daily bar of a session so far, kept minute by minute."""

from __future__ import annotations

from simulator.bar import Bar, DailyBar
from simulator.columns import BarColumns


class Day:
    """Made of the bars of finished minutes, oldest first."""

    def __init__(self, start: int, first: Bar) -> None:
        """`start` is the New York midnight that began it."""
        self.start = start
        self._first = self._last = first
        self._high, self._low = first.high, first.low
        self._volume, self._count = first.volume, first.trade_count
        self._turnover = first.vwap * first.volume

    @property
    def until(self) -> int:
        """The start of the last minute."""
        return self._last.start

    def add(self, bar: Bar) -> None:
        """One more minute."""
        self._last = bar
        self._high, self._low = max(self._high, bar.high), min(self._low, bar.low)
        self._volume += bar.volume
        self._count += bar.trade_count
        self._turnover += bar.vwap * bar.volume

    def bar(self) -> DailyBar:
        """The session up to the last minute that was added."""
        return DailyBar(
            symbol=self._first.symbol,
            start=self.start,
            open=self._first.open,
            high=self._high,
            low=self._low,
            close=self._last.close,
            volume=self._volume,
            trade_count=self._count,
            vwap=round(self._turnover / (self._volume or 1), 6),
        )

    @classmethod
    def of(cls, start: int, symbol: str, minutes: BarColumns) -> Day:
        """The day of minutes that are known already, of which there is one at least."""
        day = cls(start, minutes.bar(symbol, 0))
        day._last = minutes.bar(symbol, -1)
        day._high, day._low = float(minutes.high.max()), float(minutes.low.min())
        day._volume, day._count = minutes.volume.sum().item(), int(minutes.trade_count.sum())
        day._turnover = float((minutes.vwap * minutes.volume).sum())
        return day
