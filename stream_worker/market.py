"""The market as the worker holds it in memory: the latest of each symbol, all bars, the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from broker.wire import Corrected
from domain import rows
from domain.aggressor import mark_aggressors
from domain.bar import BAR, Bars
from domain.bar_book import BarBook
from domain.clock import MarketClock
from domain.conditions import rules_of
from domain.feed import Feed, feed_of
from domain.interval import LENGTH_NS, bar_start
from domain.latest import LATEST, take_latest
from domain.outlier import Outliers
from domain.session import NS_PER_SECOND
from domain.tick import IS_TRADE, Flag, Records, trades_of
from stream_worker.trade_ids import SeenTrades

NO_BARS: Final = np.zeros(0, BAR)
LONGEST_NS: Final = max(LENGTH_NS.values())

FAR_AHEAD_NS: Final = 3600 * NS_PER_SECOND
"""A tape at high speed may be minutes ahead of a clock that was looked at a second ago, never an hour."""

FAR_BEHIND_NS: Final = 86_400 * NS_PER_SECOND
"""Trades of the day are reported hours late now and then; older ones belong to bars that nobody builds any more."""

MOST_DOUBTFUL: Final = 10_000
"""Minutes that wait for a feed that asks for none, because it is refused for good."""

CLOSE_AFTER_S: Final = 0.5
"""A bar without events is closed by the clock this many real seconds after its end: frames under way come first."""


class Market:
    """State of the market for some symbols, in the order of `symbols`. No I/O; real times are handed in."""

    def __init__(self, symbols: tuple[str, ...]) -> None:
        self.symbols = symbols
        self.index = {symbol: place for place, symbol in enumerate(symbols)}
        self.clock = MarketClock()
        self.book = BarBook(len(symbols), {self.index[name] for name in self.symbols_of(Feed.CRYPTO)})
        self.latest = np.zeros(len(symbols), LATEST)
        self.outliers = 0
        self._outliers = Outliers()
        self._names = np.arange(len(symbols), dtype=np.uint64)
        self._named = len(symbols)
        self._newest: dict[Feed, int] = {}
        self._doubtful: list[tuple[int, int]] = []
        self._seen: dict[Feed, SeenTrades] = defaultdict(SeenTrades)

    def with_symbols(self, symbols: tuple[str, ...]) -> Market:
        """A market of these symbols that goes on where this one is, which is used no more; new symbols begin empty."""
        other = Market(symbols)
        other.clock, other._newest, other._seen, other.outliers = self.clock, self._newest, self._seen, self.outliers
        other._names += np.uint64(self._named)  # a symbol that comes again is not the one whose trades were seen
        other._named += self._named
        places = self.places_in(other)
        old, new = np.flatnonzero(places >= 0), places[places >= 0]
        other.latest[new], other._names[new] = self.latest[old], self._names[old]
        other.book.go_on(self.book, places)
        return other

    def places_in(self, other: Market) -> NDArray[np.int64]:
        """Where the symbols of this market are in another one; -1 for those that are not in it."""
        return np.array([other.index.get(symbol, -1) for symbol in self.symbols], np.int64)

    def symbols_of(self, feed: Feed) -> tuple[str, ...]:
        """The symbols that come by a feed."""
        return tuple(symbol for symbol in self.symbols if feed_of(symbol) is feed)

    def forget(self, symbols: Iterable[str], feed: Feed) -> None:
        """Drop everything of these symbols: another run of the market begins."""
        for symbol in symbols:
            self.book.restart_at(self.index[symbol], 1, NO_BARS, NO_BARS)
            self.latest[self.index[symbol]] = np.zeros((), LATEST)
        self._newest.pop(feed, None)
        self._seen.pop(feed, None)

    def newest_of(self, feed: Feed) -> int:
        """The time (ns) of the newest event of a feed; 0 before the first."""
        return self._newest.get(feed, 0)

    @property
    def newest(self) -> int:
        """The time (ns) of the newest event of all."""
        return max(self._newest.values(), default=0)

    def has_history(self, symbols: Iterable[str]) -> bool:
        """Whether each of these has minute bars; if not, one may be new here, and the past is read again."""
        return all(len(self.book.series(self.index[symbol], "1Min")) for symbol in symbols)

    def add(self, feed: Feed, ticks: Records, ts_recv: int, real_s: float) -> Records:
        """Take ticks of one feed in order of arrival; those that are new, with aggressors and outliers flagged.

        `ts_recv` is the wall time (ns) at which they came; 0 for history, which makes no symbol look fresh.
        """
        ticks = self._without_repeats(feed, ticks)
        if not len(ticks):
            return ticks
        mark_aggressors(ticks, self.latest)
        trades = trades_of(ticks)
        self._mark_unpriced(trades, ticks)
        self.outliers += self._outliers.flag(ticks)
        take_latest(self.latest, ticks)
        self.latest["ts_recv"][ticks["symbol"]] = np.maximum(self.latest["ts_recv"][ticks["symbol"]], ts_recv)
        self.book.add_trades(trades)
        newest = self._newest[feed] = max(self.newest_of(feed), int(ticks["ts_event"].max()))
        self.clock.event(newest, real_s)
        self.book.close_until(newest)
        return ticks

    def plausible(self, ticks: Records, real_s: float) -> tuple[Any, Any]:
        """Which ticks are not from far ahead (those would close every bar at once), and which not from another day long ago."""
        if not self.clock.known:
            return np.True_, np.True_
        now = self.clock.now(real_s)
        return ticks["ts_event"] <= now + FAR_AHEAD_NS, ticks["ts_event"] >= now - FAR_BEHIND_NS

    def add_minutes(self, symbols: list[int], bars: Bars) -> None:
        """Take Alpaca's own minute bars."""
        for symbol, bar in zip(symbols, bars, strict=True):
            self.book.add_minute(symbol, bar)

    def add_days(self, symbols: list[int], bars: Bars) -> None:
        """Take Alpaca's own daily bars as they stand."""
        for symbol, bar in zip(symbols, bars, strict=True):
            self.book.add_day(symbol, bar)

    def correct(self, corrections: list[Corrected]) -> None:
        """Take corrections and cancels of trades."""
        for was, now in corrections:
            if now is None:
                self.book.cancel(was)
            else:
                self.book.correct(was, now)

    def take_doubtful(self, feed: Feed) -> list[tuple[int, int]]:
        """Minutes (place, start) of a feed that must be asked for, because a correction could not be applied exactly."""
        self._doubtful += self.book.take_doubtful()
        feeds = [feed_of(self.symbols[place]) for place, _ in self._doubtful]
        mine = [minute for minute, of in zip(self._doubtful, feeds, strict=True) if of is feed]
        others = [minute for minute, of in zip(self._doubtful, feeds, strict=True) if of is not feed]
        self._doubtful = others[-MOST_DOUBTFUL:]
        return mine

    def pass_time(self, real_s: float, is_open: bool) -> None:
        """Close the bars whose end the market's clock has passed; all of them when a closed market's clock stands still."""
        if not self.clock.known:
            return
        over = not is_open and self.clock.rate == 0.0
        self.book.close_until(self.clock.now(real_s - CLOSE_AFTER_S) + over * LONGEST_NS)

    def restart_at(
        self, feed: Feed, symbols: Iterable[str], start: int, minutes: dict[str, Bars], days: dict[str, Bars]
    ) -> None:
        """Begin again at `start` (ns) on top of history; the trades of these symbols from `start` on are to follow."""
        for symbol in symbols:
            place = self.index[symbol]
            self.book.restart_at(place, start, minutes.get(symbol, NO_BARS), days.get(symbol, NO_BARS))
            self._take_previous_close(place, start)

    def forget_ids(self, feed: Feed) -> None:
        """Trades of this feed that came before count anew when they come again."""
        self._seen[feed].clear()

    def _without_repeats(self, feed: Feed, ticks: Records) -> Records:
        is_trade = ticks["kind"] == IS_TRADE
        fresh = self._seen[feed].fresh(rows.pick(ticks, is_trade), self._names)
        if fresh.all():
            return ticks
        kept = ~is_trade
        kept[is_trade] = fresh
        return rows.pick(ticks, kept)

    def _mark_unpriced(self, trades: Records, ticks: Records) -> None:
        """Flag trades whose conditions say that their price is not the market's."""
        priced = rules_of(trades).prices
        if priced is not None:
            unpriced = np.flatnonzero(ticks["kind"] == IS_TRADE)[~priced]
            ticks["flags"][unpriced] |= np.uint32(Flag.UNPRICED)

    def _take_previous_close(self, place: int, now: int) -> None:
        days = self.book.series(place, "1Day").between(0, bar_start(now, "1Day"))
        self.latest["previous_close"][place] = days["close"][-1] if len(days) else 0.0
        minutes = self.book.series(place, "1Min").bars
        if len(minutes) and not self.latest["price"][place]:
            self.latest["price"][place] = minutes["close"][-1]
