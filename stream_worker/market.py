"""The market as the worker holds it in memory: the latest of each symbol, all bars, the clock."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.aggressor import mark_aggressors
from domain.bar import Bars
from domain.bar_book import BarBook
from domain.clock import MarketClock
from domain.interval import INTERVALS, LENGTH_NS, bar_start
from domain.latest import LATEST
from domain.session import NS_PER_SECOND
from domain.tick import Kind, Records, quotes_of, trades_of
from stream_worker.trade_ids import SeenTrades

LONGEST_NS: Final = max(LENGTH_NS.values())

FAR_AHEAD_NS: Final = 3600 * NS_PER_SECOND
"""A tape at high speed may be minutes ahead of a clock that was looked at a second ago, never an hour."""

CLOSE_AFTER_S: Final = 0.5
"""A bar without events is closed by the clock this many real seconds after its end: frames under way come first."""


class Market:
    """State of the market for some symbols, in the order of `symbols`. No I/O; real times are handed in."""

    def __init__(self, symbols: tuple[str, ...]) -> None:
        self.symbols = symbols
        self.index = {symbol: place for place, symbol in enumerate(symbols)}
        self.clock = MarketClock()
        self.implausible = 0
        self.forget()

    def with_symbols(self, symbols: tuple[str, ...]) -> Market:
        """A market of these symbols that goes on where this one is."""
        grown = Market(symbols)
        grown.clock, grown.newest = self.clock, self.newest
        for symbol in self.symbols:
            old, new = self.index[symbol], grown.index[symbol]
            grown.latest[new] = self.latest[old]
            for interval in INTERVALS:
                grown.book.take_over(new, interval, self.book.series(old, interval))
        return grown

    def forget(self) -> None:
        """Drop everything but the clock: another run of the market begins."""
        self.book = BarBook(len(self.symbols))
        self.latest = np.zeros(len(self.symbols), LATEST)
        self.newest = 0
        self._seen = SeenTrades()

    @property
    def has_history(self) -> bool:
        """Whether every symbol has minute bars; if not, one may be new here, and the past is read again."""
        return all(len(self.book.series(place, "1Min")) for place in range(len(self.symbols)))

    def add(self, ticks: Records, ts_recv: int, real_s: float) -> Records:
        """Take ticks in order of arrival; those that are new, with the aggressor flagged.

        `ts_recv` is the wall time (ns) at which they came; 0 for history, which makes no symbol look fresh.
        """
        ticks = self._without_repeats(self._of_this_time(ticks, real_s))
        if not len(ticks):
            return ticks
        mark_aggressors(ticks, self.latest)
        self._take_latest(ticks, ts_recv)
        self.book.add_trades(trades_of(ticks))
        self.newest = max(self.newest, int(ticks["ts_event"].max()))
        self.clock.event(self.newest, real_s)
        self.book.close_until(self.newest)
        return ticks

    def add_minutes(self, symbols: list[int], bars: Bars) -> None:
        """Take Alpaca's own minute bars."""
        for symbol, bar in zip(symbols, bars, strict=True):
            self.book.add_minute(symbol, bar)

    def pass_time(self, real_s: float, is_open: bool) -> None:
        """Close the bars whose end the market's clock has passed; all of them when a closed market's clock stands still."""
        if not self.clock.known:
            return
        over = not is_open and self.clock.rate == 0.0
        self.book.close_until(self.clock.now(real_s - CLOSE_AFTER_S) + over * LONGEST_NS)

    def restart_at(self, start: int, minutes: dict[str, Bars], days: dict[str, Bars]) -> None:
        """Begin again at `start` (ns) on top of history; the trades from `start` on are to follow."""
        nothing: Any = np.zeros(0, self.book.series(0, "1Min").bars.dtype)
        for place, symbol in enumerate(self.symbols):
            self.book.restart_at(place, start, minutes.get(symbol, nothing), days.get(symbol, nothing))
        self._seen.clear()
        self._take_previous_closes(start)

    def _of_this_time(self, ticks: Records, real_s: float) -> Records:
        """The ticks without those from far ahead, which would close every bar at once; these are counted."""
        latest = self.clock.now(real_s) + FAR_AHEAD_NS if self.clock.known else np.iinfo(np.int64).max
        plausible = ticks["ts_event"] <= latest
        self.implausible += int(np.count_nonzero(~plausible))
        return ticks[plausible]

    def _without_repeats(self, ticks: Records) -> Records:
        trade_rows = np.flatnonzero(ticks["kind"] == Kind.TRADE)
        repeated: NDArray[np.intp] = trade_rows[~self._seen.fresh(ticks[trade_rows])]
        return np.delete(ticks, repeated) if len(repeated) else ticks

    def _take_latest(self, ticks: Records, ts_recv: int) -> None:
        trades, quotes = trades_of(ticks), quotes_of(ticks)
        trades = trades[trades["ts_event"] >= self.latest["trade_ts_event"][trades["symbol"]]]
        # of several rows with one symbol numpy keeps the last, which is the newest
        self.latest["trade_ts_event"][trades["symbol"]] = trades["ts_event"]
        self.latest["quote_ts_event"][quotes["symbol"]] = quotes["ts_event"]
        for name in ("price", "size"):
            self.latest[name][trades["symbol"]] = trades[name]
        for name in ("bid_price", "ask_price", "bid_size", "ask_size"):
            self.latest[name][quotes["symbol"]] = quotes[name]
        self.latest["ts_recv"][ticks["symbol"]] = np.maximum(self.latest["ts_recv"][ticks["symbol"]], ts_recv)

    def _take_previous_closes(self, now: int) -> None:
        today = bar_start(now, "1Day")
        for place in range(len(self.symbols)):
            days = self.book.series(place, "1Day").between(0, today)
            self.latest["previous_close"][place] = days["close"][-1] if len(days) else 0.0
            minutes = self.book.series(place, "1Min").bars
            if len(minutes) and not self.latest["price"][place]:
                self.latest["price"][place] = minutes["close"][-1]
