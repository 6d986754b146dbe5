"""The book of bars: every closed and forming bar of the desk, kept up from ticks, from Alpaca's bars and from the clock."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.bar import BAR, Bar, Bars, Source, join, same_prints
from domain.bar_series import BarSeries
from domain.closed_bar import CLOSED_BAR, INTERVAL_INDEX
from domain.interval import DERIVED_INTERVALS, INTERVALS, KEEP_BARS, LENGTH_NS, TICK_INTERVALS, bar_start
from domain.tick import Records
from domain.tick_bars import add_bars, by_symbol_and_time, partial_bars

MINUTE: Final = "1Min"


class BarBook:
    """Bars by event time. What closes or changes is pending until `take_closed`.

    A bar closes when the market's time passes its end (`close_until`) or a trade of a later bar comes. A trade that comes
    later still amends the closed bar, which then has a higher revision. `mismatches` counts Alpaca's minute bars that
    told of other trades than ours.
    """

    def __init__(self, symbols: int) -> None:
        self.mismatches = 0
        self._series = [{interval: BarSeries() for interval in INTERVALS} for _ in range(symbols)]
        self._forming = {interval: np.zeros(symbols, BAR) for interval in (*TICK_INTERVALS, *DERIVED_INTERVALS)}
        self._closed: list[tuple[int, int, int, Bar]] = []

    def series(self, symbol: int, interval: str) -> BarSeries:
        """The closed bars of a symbol."""
        return self._series[symbol][interval]

    def take_over(self, symbol: int, interval: str, series: BarSeries) -> None:
        """Take a series that an earlier process left."""
        self._series[symbol][interval] = series

    def add_trades(self, trades: Records) -> None:
        """Take trades (TRADE records, each once, in any order)."""
        ordered = by_symbol_and_time(trades)
        for interval in TICK_INTERVALS:
            self._add_partials(interval, *partial_bars(ordered, interval))

    def close_until(self, market_time: int) -> None:
        """Close every bar that ended at `market_time` (ns) or before."""
        for interval in (*TICK_INTERVALS, *DERIVED_INTERVALS):
            starts = self._forming[interval]["start"]
            ended = np.flatnonzero((starts > 0) & (starts + LENGTH_NS[interval] <= market_time))
            for symbol in ended.tolist():
                self._close(symbol, interval)

    def add_minute(self, symbol: int, theirs: Bar) -> None:
        """Take Alpaca's own bar of a minute. It has the last word; a difference from ours is counted."""
        start = int(theirs["start"])
        if 0 < int(self._forming[MINUTE]["start"][symbol]) <= start:
            self._close(symbol, MINUTE)
        series = self.series(symbol, MINUTE)
        ordinal = series.find(start)
        if ordinal is None:
            self.mismatches += 1
            self._settle(symbol, MINUTE, _finished(theirs, Source.ALPACA))
        elif not same_prints(series.at(ordinal), theirs):
            self.mismatches += 1
            self._amend(symbol, MINUTE, ordinal, _finished(theirs, Source.ALPACA))

    def restart_at(self, symbol: int, start: int, minutes: Bars, days: Bars) -> None:
        """Forget the symbol's bars from `start` (ns) on, take history instead, and be ready for the trades from `start` on."""
        for interval in INTERVALS:
            self.series(symbol, interval).keep_before(bar_start(start, interval))
        for table in self._forming.values():
            table[symbol] = np.zeros((), BAR)
        self.series(symbol, MINUTE).merge(minutes[minutes["start"] < start])
        self.series(symbol, "1Day").merge(days)
        for interval in DERIVED_INTERVALS:
            self._derive_all(symbol, interval, start)

    def forming(self) -> tuple[Records, NDArray[np.int64]]:
        """The tables of a snapshot: forming bars and their ordinals, a row an interval, a column a symbol."""
        shape = (len(INTERVALS), len(self._series))
        bars, ordinals = np.zeros(shape, BAR), np.zeros(shape, np.int64)
        for interval, row in INTERVAL_INDEX.items():
            if interval in self._forming:
                bars[row] = self._with_minute(interval)
            ordinals[row] = [series[interval].next_ordinal for series in self._series]
        return bars, ordinals

    def pending_closed(self) -> Records:
        """The CLOSED_BAR records of all that closed or changed since `take_closed`."""
        pending = np.zeros(len(self._closed), CLOSED_BAR)
        for row, (symbol, interval, ordinal, bar) in enumerate(self._closed):
            pending[row] = (symbol, interval, ordinal, bar)
        return pending

    def take_closed(self) -> None:
        """Forget what is pending: it was published."""
        self._closed.clear()

    def _add_partials(self, interval: str, symbols: NDArray[np.uint32], bars: Bars) -> None:
        if not len(bars):
            return
        forming = self._forming[interval]
        same = forming["start"][symbols] == bars["start"]
        forming[symbols[same]] = add_bars(forming[symbols[same]], bars[same])
        for symbol, bar in zip(symbols[~same].tolist(), bars[~same], strict=True):
            self._add_partial(symbol, interval, bar)

    def _add_partial(self, symbol: int, interval: str, bar: Bar) -> None:
        start, forming = int(bar["start"]), self._forming[interval]
        newest = max(int(forming["start"][symbol]), self.series(symbol, interval).last_start)
        if start <= newest:
            self._add_late(symbol, interval, bar)
            return
        if forming["start"][symbol]:
            self._close(symbol, interval)
        forming[symbol] = bar

    def _add_late(self, symbol: int, interval: str, bar: Bar) -> None:
        ordinal = self.series(symbol, interval).find(int(bar["start"]))
        if ordinal is None:
            self._settle(symbol, interval, _finished(bar, Source.TRADES))
            return
        ours = self.series(symbol, interval).at(ordinal)
        if ours["source"] == Source.TRADES:
            self._amend(symbol, interval, ordinal, add_bars(np.array([ours]), np.array([bar]))[0])

    def _close(self, symbol: int, interval: str) -> None:
        bar = self._forming[interval][symbol].copy()
        self._forming[interval][symbol] = np.zeros((), BAR)
        if bar["start"] > self.series(symbol, interval).last_start:
            self._append(symbol, interval, _finished(bar, Source.TRADES))
        else:
            self._settle(symbol, interval, _finished(bar, Source.TRADES))

    def _append(self, symbol: int, interval: str, bar: Bar) -> None:
        series = self.series(symbol, interval)
        self._publish(symbol, interval, series.append(bar))
        series.trim(KEEP_BARS[interval])

    def _settle(self, symbol: int, interval: str, bar: Bar) -> None:
        """Give a finished bar its place: behind all others, in place of the one that is there, or between two."""
        series = self.series(symbol, interval)
        ordinal = series.find(int(bar["start"]))
        if bar["start"] > max(series.last_start, self._forming_start(symbol, interval)):
            self._append(symbol, interval, bar)
        elif ordinal is not None:
            self._amend(symbol, interval, ordinal, bar)
        else:
            place = series.insert(bar)
            for moved in range(series.first, place + 1):
                self._note(symbol, interval, moved)
            self._derive_from(symbol, interval, bar)

    def _amend(self, symbol: int, interval: str, ordinal: int, bar: Bar) -> None:
        bar["revision"] = self.series(symbol, interval).at(ordinal)["revision"] + 1
        bar["final"] = 1
        self.series(symbol, interval).put(ordinal, bar)
        self._publish(symbol, interval, ordinal)

    def _publish(self, symbol: int, interval: str, ordinal: int) -> None:
        self._note(symbol, interval, ordinal)
        self._derive_from(symbol, interval, self.series(symbol, interval).at(ordinal))

    def _note(self, symbol: int, interval: str, ordinal: int) -> None:
        bar = self.series(symbol, interval).at(ordinal)
        self._closed.append((symbol, INTERVAL_INDEX[interval], ordinal, bar))

    def _derive_from(self, symbol: int, interval: str, bar: Bar) -> None:
        if interval == MINUTE:
            for derived in DERIVED_INTERVALS:
                self._derive(symbol, derived, bar_start(int(bar["start"]), derived))

    def _derive(self, symbol: int, interval: str, start: int) -> None:
        """Make the longer bar that begins at `start` anew out of its closed minutes."""
        minutes = self.series(symbol, MINUTE).between(start, start + LENGTH_NS[interval])
        whole, series, forming = join(minutes, start), self.series(symbol, interval), self._forming[interval]
        forms = int(forming["start"][symbol])
        if start <= series.last_start or forms != start < self._forming_start(symbol, interval):
            self._settle(symbol, interval, _finished(whole, Source.TRADES))
        else:
            if forms and forms != start:
                self._close(symbol, interval)
            forming[symbol] = whole

    def _forming_start(self, symbol: int, interval: str) -> int:
        """The start of what forms, 0 for nothing; longer bars form as soon as their first minute does."""
        if interval not in self._forming:
            return 0
        minute = int(self._forming[MINUTE]["start"][symbol]) if interval in DERIVED_INTERVALS else 0
        return max(int(self._forming[interval]["start"][symbol]), minute and bar_start(minute, interval))

    def _derive_all(self, symbol: int, interval: str, end: int) -> None:
        """Make the whole series of longer bars anew out of closed minutes; the one that `end` cuts keeps forming."""
        minutes = self.series(symbol, MINUTE).bars
        starts = minutes["start"] - minutes["start"] % LENGTH_NS[interval]
        cuts = np.flatnonzero(starts[1:] != starts[:-1]) + 1
        runs = np.split(minutes, cuts) if len(minutes) else []
        bars = [join(run, int(run["start"][0] - run["start"][0] % LENGTH_NS[interval])) for run in runs]
        done = [_finished(bar, Source.TRADES) for bar in bars if bar["start"] + LENGTH_NS[interval] <= end]
        self.series(symbol, interval).merge(np.array(done, BAR))
        if len(bars) > len(done):
            self._forming[interval][symbol] = bars[-1]

    def _with_minute(self, interval: str) -> Bars:
        """The forming bars of an interval; longer ones with the minute that forms in them."""
        if interval in TICK_INTERVALS:
            return self._forming[interval]
        minute, longer = self._forming[MINUTE], self._forming[interval].copy()
        starts = minute["start"] - minute["start"] % LENGTH_NS[interval]
        joins = (minute["start"] > 0) & (longer["start"] == starts)
        begins = (minute["start"] > 0) & (longer["start"] < starts)
        longer[joins] = add_bars(longer[joins], minute[joins])
        longer[begins] = minute[begins]
        longer["start"][begins] = starts[begins]
        return longer


def _finished(bar: Bar, source: Source) -> Bar:
    finished = bar.copy()
    finished["final"], finished["source"] = 1, source
    return finished
