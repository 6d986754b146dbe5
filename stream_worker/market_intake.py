"""The intake of market data: bars and trades of history, then ticks, bars, halts and order books of one stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np
import structlog

from broker.account import ServerClock
from broker.history import History
from broker.quarantined import Quarantined
from broker.wire import Batch, SymbolBars
from domain.bar import Bars
from domain.conflation import newest_quotes
from domain.errors import HistoryError, RefusedError, StreamError
from domain.interval import bar_start
from domain.session import to_datetime
from domain.tick import Records, trades_of
from market_cache.writer import NO_TICKS
from stream_worker import backfill
from stream_worker.backfill import LONGEST_TRADES_NS, MINUTE_NS
from stream_worker.depth_desk import DepthDesk
from stream_worker.feed_state import FeedState
from stream_worker.market import NO_BARS, Market
from stream_worker.open_minutes import OpenMinutes
from stream_worker.publisher import Publisher
from stream_worker.recorder import Recorder
from stream_worker.silent_symbols import SilentSymbols
from stream_worker.symbol_states import SymbolStates

SHOWN_TRADES: Final = 100
"""Backfilled trades a symbol that are published as ticks, so that a tape begins with something to look at."""

FAR_AHEAD: Final = "far ahead"
FAR_BEHIND: Final = "far behind"

log = structlog.get_logger()

LookAtClock = Callable[[], Awaitable[ServerClock]]


class MarketIntake:
    """Fills and takes for the symbols of one feed; which these are may change while it runs (`join`)."""

    def __init__(
        self,
        history: History,
        publisher: Publisher,
        state: FeedState,
        states: SymbolStates,
        look_at_clock: LookAtClock,
        stale_after_s: float,
        recorder: Recorder | None = None,
    ) -> None:
        self.feed = state.feed
        self._history, self._publisher, self._state, self._states = history, publisher, state, states
        self._look_at_clock, self._recorder = look_at_clock, recorder
        self._depth = DepthDesk(publisher)
        self._silent = SilentSymbols(stale_after_s)
        self._missed: dict[str, int] = {}
        self._doubtful, self._differing = OpenMinutes("corrected"), OpenMinutes("differing")
        self._joining: frozenset[str] = frozenset()
        self._kept: list[Records] = []

    @property
    def _market(self) -> Market:
        return self._publisher.market

    @property
    def _symbols(self) -> tuple[str, ...]:
        return self._market.symbols_of(self.feed)

    async def fill(self) -> None:
        """Read history from where everything is known."""
        self._depth.forget()
        clock = await self._look_at_clock()
        covered = self._covered_until(clock.now)
        symbols = self._symbols
        todo = backfill.plan(clock.now, covered, self._market.has_history(symbols))
        filling = await asyncio.to_thread(backfill.read, self._history, symbols, todo)
        self._market.forget_ids(self.feed)
        verified = self._apply(filling, symbols, clock.now)
        if self._recorder is not None:  # what fills a gap belongs to the session
            self._recorder.take(self._in_order(filling), self._market.symbols)
        self._state.filled(clock.now, len(symbols), verified)
        self._publisher.begin_epoch()
        self._show_trades(filling)

    async def join(self, symbols: frozenset[str], subscribe: Callable[[], Awaitable[None]]) -> None:
        """Ask for symbols that were added and fill them; what comes of them meanwhile is kept and taken afterwards."""
        self._joining, self._kept = symbols, []
        self._depth.keep_only(self._symbols)
        try:
            await subscribe()
            if symbols:
                await self._fill_joining(tuple(sorted(symbols)))
        finally:
            kept, self._joining, self._kept = self._kept, frozenset(), []
        for ticks in kept:
            self._publisher.ticks(self._taken(ticks, time.time_ns()), time.time_ns())

    async def _fill_joining(self, symbols: tuple[str, ...]) -> None:
        clock = await self._look_at_clock()
        todo = backfill.plan(clock.now, 0, complete=False)
        filling = await asyncio.to_thread(backfill.read, self._history, symbols, todo)
        self._apply(filling, symbols, clock.now)
        self._publisher.begin_epoch()
        self._show_trades(filling)

    def take(self, batch: Batch, ts_recv: int, conflate: bool) -> None:
        """Take what some frames held; `conflate` asks to drop quotes that newer ones in it replace."""
        ticks = self._plausible(batch.ticks, batch.quarantined)
        if conflate:
            ticks, dropped = newest_quotes(ticks)
            self._state.count(conflated=dropped)
        if self._joining:
            ticks = self._keep_joining(ticks)
        ticks = self._taken(ticks, ts_recv)
        self._take_rest(batch)
        self._state.covers(self._market.newest_of(self.feed))
        self._publisher.ticks(ticks, ts_recv)

    def lost(self) -> None:
        """The connection is gone: a gap begins."""
        self._state.lost(len(self._symbols))

    async def watch(self) -> list[str]:
        """Look for symbols from which nothing comes although history has newer trades, and book those; the symbols."""
        self._depth.publish()
        try:
            await self._ask_for_doubtful()
            await self._ask_for_differing()
            return await self._ask_for_silent()
        except (HistoryError, RefusedError) as error:  # a question beside the stream, which goes on
            log.warning("history could not be asked", feed=self.feed.value, error=str(error))
            return []

    async def _ask_for_silent(self) -> list[str]:
        quiet = self._silent.candidates(self._symbols, self._market, self._states.halted())
        if quiet is None:
            return []
        asked = self._missed | quiet  # also those that spoke again: what they said meanwhile is in history
        newer = await asyncio.to_thread(self._newer, asked) if asked else {}
        for symbol, trades in newer.items():
            self._book_missed(symbol, trades)
        silent = [symbol for symbol in quiet if symbol in newer or symbol in self._missed]
        self._missed = {symbol: asked[symbol] for symbol in silent}
        self._states.silent(silent, self._symbols)
        return silent

    def _newer(self, last_events: dict[str, int]) -> dict[str, Records]:
        """Trades of history after the last event of each symbol; not from long before what all others have."""
        since = max(min(last_events.values()), self._market.newest_of(self.feed) - LONGEST_TRADES_NS)
        found = self._history.trades(last_events, since)
        newer = {symbol: rows[rows["ts_event"] > last_events[symbol]] for symbol, rows in found.items()}
        return {symbol: rows for symbol, rows in newer.items() if len(rows)}

    def _book_missed(self, symbol: str, trades: Records) -> int:
        """Book trades of history that the stream did not bring; how many of them were new."""
        place = self._market.index.get(symbol)
        if place is None:
            return 0
        trades["symbol"] = place
        missed = self._taken(trades, 0)
        self._publisher.ticks(missed, time.time_ns())
        return len(missed)

    async def _ask_for_doubtful(self) -> None:
        doubtful = [(self._market.symbols[place], start) for place, start in self._market.take_doubtful(self.feed)]
        self._state.count(unchecked=self._doubtful.add(doubtful))
        if not self._doubtful:
            return
        asked = self._doubtful.told()
        found = await asyncio.to_thread(self._history.bars, self._doubtful.symbols, "1Min", self._doubtful.first)
        self._doubtful.answered(asked)
        for symbol, start in asked:
            if symbol not in self._market.index:
                continue
            bars = found.get(symbol, NO_BARS)
            bars = bars[bars["start"] == start]
            self._market.add_minutes([self._market.index[symbol]] * len(bars), bars)

    async def _ask_for_differing(self) -> None:
        """Where Alpaca's minute told of other trades than ours, some may have been lost in silence: book those that history has."""
        if not self._differing:
            return
        asked = self._differing.told()
        first = max(self._differing.first, self._market.newest_of(self.feed) - LONGEST_TRADES_NS)
        found = await asyncio.to_thread(self._history.trades, self._differing.symbols, first)
        self._differing.answered(asked)
        for symbol, start in asked:
            trades = found.get(symbol, NO_TICKS)
            inside = (trades["ts_event"] >= start) & (trades["ts_event"] < start + MINUTE_NS)
            if symbol in self._market.index and self._book_missed(symbol, trades[inside]):
                self._state.gaps.found(start, start + MINUTE_NS)

    async def newer_in_history(self) -> bool:
        """Whether history has trades that the stream should have brought."""
        newest = self._market.newest_of(self.feed) or self._state.covered_until
        found = await asyncio.to_thread(self._history.trades, self._symbols, newest)
        return any(len(rows) and rows["ts_event"][-1] > newest for rows in found.values())

    def _covered_until(self, now: int) -> int:
        """Up to where everything is known; 0, with all forgotten, if the market's time is behind that: another run began."""
        if self._state.covered_until > now + MINUTE_NS:
            log.warning("the market's time went back; everything is read anew", now=str(to_datetime(now)))
            self._market.forget(self._symbols, self.feed)
            self._states.forget(self._symbols)
            self._state.gaps.forget_open()
            return 0
        return min(self._state.covered_until, now)

    def _apply(self, filling: backfill.Filling, symbols: tuple[str, ...], now: int) -> bool | None:
        """Begin again on top of history; whether the minutes that were built from its trades are Alpaca's, if any ended."""
        if not set(symbols) <= self._market.index.keys():
            raise StreamError("The symbols changed while history was read.")
        market, start = self._market, filling.plan.start
        before = {symbol: bars[bars["start"] < start] for symbol, bars in filling.minutes.items()}
        market.restart_at(self.feed, symbols, start, before, filling.days)
        trades = self._in_order(filling)
        if len(trades):
            market.add(self.feed, trades, 0, time.monotonic())
        market.book.close_until(bar_start(now, "1Min"))
        self._take_today(filling.days, symbols, now)
        return self._verify({symbol: bars[bars["start"] >= start] for symbol, bars in filling.minutes.items()}, now)

    def _take_today(self, days: dict[str, Bars], symbols: tuple[str, ...], now: int) -> None:
        """The day in progress as Alpaca counts it: without the trades before the open and after the close."""
        today = bar_start(now, "1Day")
        for symbol in symbols:
            bars = days.get(symbol, NO_BARS)
            bars = bars[bars["start"] == today]
            self._market.add_days([self._market.index[symbol]] * len(bars), bars)

    def _verify(self, minutes: dict[str, Bars], now: int) -> bool | None:
        """Compare the minutes since the start of the trades with Alpaca's; Alpaca's stand."""
        compared, before = 0, self._market.book.mismatches
        for symbol, bars in minutes.items():
            ended = bars[bars["start"] + MINUTE_NS <= now]
            compared += len(ended)
            self._market.add_minutes([self._market.index[symbol]] * len(ended), ended)
        return self._market.book.mismatches == before if compared else None

    def _show_trades(self, filling: backfill.Filling) -> None:
        shown = {symbol: trades[-SHOWN_TRADES:] for symbol, trades in filling.trades.items()}
        trades = self._in_order(backfill.Filling(filling.plan, {}, {}, shown))
        if len(trades):
            self._publisher.ticks(trades, time.time_ns())

    def _in_order(self, filling: backfill.Filling) -> Records:
        """All trades of a filling by event time, as the tape would have shown them, with the places of their symbols."""
        for symbol, trades in filling.trades.items():
            trades["symbol"] = self._market.index[symbol]
        every = np.concatenate([NO_TICKS, *filling.trades.values()])
        ordered: Records = every[np.argsort(every["ts_event"], kind="stable")]
        return ordered

    def _plausible(self, ticks: Records, left_out: Quarantined) -> Records:
        in_time, not_old = self._market.plausible(ticks, time.monotonic())
        good = in_time & not_old
        if np.all(good):
            return ticks
        for row in np.flatnonzero(~good).tolist():
            left_out.add(FAR_BEHIND if in_time[row] else FAR_AHEAD, ticks[row].tobytes())
        kept: Records = ticks[good]
        return kept

    def _keep_joining(self, ticks: Records) -> Records:
        places = [self._market.index[symbol] for symbol in self._joining if symbol in self._market.index]
        joining = np.isin(ticks["symbol"], places)
        self._kept.append(ticks[joining])
        rest: Records = ticks[~joining]
        return rest

    def _taken(self, ticks: Records, ts_recv: int) -> Records:
        """The ticks that are new, flagged; the market has them."""
        new = self._market.add(self.feed, ticks, ts_recv, time.monotonic())
        if self._recorder is not None:
            self._recorder.take(new, self._market.symbols)
        if self._states.halted():
            self._look_for_resumed(new)
        return new

    def _look_for_resumed(self, ticks: Records) -> None:
        trades = trades_of(ticks)
        for symbol in self._states.halted():
            times = trades["ts_event"][trades["symbol"] == self._market.index.get(symbol, -1)]
            if len(times):
                self._states.traded(symbol, int(times.max()))

    def _take_rest(self, batch: Batch) -> None:
        """Everything that is rare."""
        if len(batch.minutes.bars):
            self._take_minutes(batch.minutes)
        if len(batch.days.bars):
            self._market.add_days(*batch.days)
        if batch.corrections:
            self._market.correct(batch.corrections)
        for status in batch.statuses:
            self._states.take_status(status)
        for luld in batch.lulds:
            self._states.take_luld(luld)
        for book in batch.books:
            self._depth.take(book)
        self._depth.publish()

    def _take_minutes(self, minutes: SymbolBars) -> None:
        if self._recorder is not None:
            self._recorder.take_minutes(*minutes, self._market.symbols)
        for symbol, bar in zip(minutes.symbols, minutes.bars, strict=True):
            before = self._market.book.mismatches
            self._market.add_minutes([symbol], np.array([bar]))
            same = self._market.book.mismatches == before
            self._state.gaps.compared(int(bar["start"]), same)
            if not same:
                more = self._differing.add([(self._market.symbols[symbol], int(bar["start"]))])
                self._state.count(unchecked=more)
