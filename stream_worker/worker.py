"""The worker: puts the parts together, runs them in one event loop, and stops them cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import structlog

from broker.account import Account, ServerClock
from broker.backoff import delay_s
from broker.fast_lane import FastLane
from broker.feed_stream import STREAMS
from broker.history import NewsHistory, history_of
from broker.order_client import OrderClient
from broker.trade_stream import TradeStream
from domain.bar_series import BarSeries
from domain.errors import HistoryError, RefusedError
from domain.feed import Feed, feed_of
from domain.interval import INTERVALS
from domain.session import to_ns
from domain.status import Budget, DeskStatus, StreamState, StreamStatus
from market_cache import snapshot
from market_cache.lease import take_lease
from market_cache.snapshot import Snapshot
from market_cache.stamp import Stamp
from market_cache.writer import MarketWriter
from orders.audit import note_limits
from orders.breaker import follow_flag
from orders.journal import Journal, JournalBusyError
from orders.kill_switch import KillSwitch
from settings import Settings
from stream_worker.commands import Commands
from stream_worker.desk_state import DeskState
from stream_worker.equity import EquityRecorder
from stream_worker.feed_state import FeedState
from stream_worker.intake import Intake
from stream_worker.kill_watch import kill_watch
from stream_worker.manager import StreamManager
from stream_worker.market import Market
from stream_worker.market_intake import MarketIntake
from stream_worker.news_desk import NewsDesk
from stream_worker.news_intake import NewsIntake
from stream_worker.publisher import Publisher
from stream_worker.quarantine import Quarantine
from stream_worker.recorder import Recorder
from stream_worker.session import StreamSession
from stream_worker.supervisor import REFUSALS
from stream_worker.symbol_states import SymbolStates
from stream_worker.symbols import Symbols, practice_symbols
from stream_worker.together import end
from stream_worker.trading import Trading

HEARTBEAT_S: Final = 0.5
CLOCK_LOOK_S: Final = 1.0
LEAVE_WITHIN_S: Final = 0.4
CLOCK_LOOK_ELSEWHERE_S: Final = 30.0
log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""


class StreamWorker:
    """One worker on one account and cache. `run` returns when asked to stop; RefusedError if Alpaca does not want it."""

    def __init__(self, settings: Settings, stay_when_refused: bool, token: str = "") -> None:
        self._settings, self._stay_when_refused, self._token = settings, stay_when_refused, token
        key, secret = settings.credentials
        self._account = Account(settings.trading_url, key, secret, settings.alpaca_paper)
        self._jitter = random.Random()
        self._account_id = ""
        self._desk = DeskState(settings.mode)
        self._states = SymbolStates()
        self._quarantine = Quarantine(settings.data_dir)
        recorder = (settings.recordings, settings.record_days, settings.record_max_mb)
        self._recorder = Recorder(*recorder) if settings.record else None
        self._journal = Journal(settings.journal)
        self._kill = KillSwitch(self._journal, settings.kill_files, settings.kill_switch)
        self._order_client = OrderClient(settings.trading_url, key, secret, settings.alpaca_paper)
        self._lane = FastLane()
        self._symbols: Symbols | None = None
        self._trading: Trading | None = None
        self._covered_until: dict[Feed, int] = {}
        self._told_trouble: str | None = None
        self._publisher = Publisher(self._open_writer, Market(()), self._status)
        self._streams = StreamManager(self._new_session, self._desk, self._publisher, self._jitter)
        self._earlier = snapshot.unpack(self._publisher.writer.earlier_snapshot)
        if self._earlier is not None:
            self._publisher.market = Market(self._earlier.symbols)
            self._publisher.market.latest = self._earlier.latest.copy()

    async def run(self) -> None:
        """Work until cancelled or refused."""
        self._publisher.announce()
        if not self._settings.practice:  # the practice market sends too little to be worth the memory
            self._lane.start()
        async with asyncio.TaskGroup() as tasks:
            beat = tasks.create_task(self._every(HEARTBEAT_S, self._beat))
            try:
                await self._stream(tasks)
            except RefusedError as error:
                self._desk.ends(StreamState.REFUSED, str(error))
                self._publisher.beat()
                if not self._stay_when_refused:
                    raise
                await beat

    def close(self) -> None:
        """Say that the worker has stopped, and let go of the cache."""
        self._desk.ends(StreamState.DOWN, "The stream worker was stopped.")
        self._publisher.close()
        if self._recorder:
            self._recorder.close()
        self._journal.close()

    async def _stream(self, tasks: asyncio.TaskGroup) -> None:
        self._account_id, chosen = await self._introduce()
        self._journal.connect_account(self._settings.mode, self._account_id)
        for name in note_limits(self._journal, self._settings.mode, self._settings.limits_told):
            log.warning("a limit has changed since the last run", limit=name)
        follow_flag(self._journal, self._account_id, self._settings.circuit_breaker_reset)
        feed = self._settings.stream_feed
        self._symbols = Symbols(chosen, self._account, self._journal, feed, self._stream_symbols)
        self._take_over(self._symbols.streamed)
        self._trading = self._new_trading()
        commands = {"watch": self._symbols.watch, "unwatch": self._symbols.unwatch}
        beside = (
            self._every(self._clock_look_s, self._look_at_clock),
            self._trading.run(),
            Commands(self._journal, commands).run(),
            kill_watch(self._settings, self._kill, self._journal, self._order_client, self._account_id).run(),
            EquityRecorder(self._journal, self._account_id, self._describe_account, self._market_time).run(),
        )
        running = [tasks.create_task(work) for work in beside]
        try:
            await self._stream_symbols(self._symbols.streamed)
            await self._streams.run()
        finally:
            for task in running:
                task.cancel()

    async def _stream_symbols(self, symbols: tuple[str, ...]) -> None:
        await self._streams.stream_symbols(symbols, self._settings.stream_news)

    def _new_trading(self) -> Trading:
        key, secret = self._settings.credentials
        stream = TradeStream(self._settings.trading_stream_url, key, secret)
        place = self._journal, self._account_id, self._publisher
        return Trading(stream, self._order_client, *place, self._kill, self._is_open)

    def _describe_account(self) -> dict[str, Any] | None:
        return self._trading.holdings.describe_account(self._publisher.market) if self._trading else None

    def _market_time(self) -> int:
        return self._publisher.market.clock.now(time.monotonic())

    def _is_open(self, symbol: str) -> bool:
        return self._desk.is_open(feed_of(symbol))

    async def _introduce(self) -> tuple[str, tuple[str, ...]]:
        """Account id and symbols, asked for until the trading server answers."""
        for failures in range(1, 2**31):
            try:
                account_id = await asyncio.to_thread(self._account.account_id)
                return account_id, await asyncio.to_thread(self._chosen_symbols)
            except RefusedError:
                if failures >= REFUSALS:
                    raise
            except HistoryError as error:
                self._desk.waits(str(error))
                self._publisher.status_changed()
            await asyncio.sleep(min(delay_s(failures, self._jitter), 2.0 if self._settings.practice else 30.0))
        raise AssertionError("unreachable")

    def _chosen_symbols(self) -> tuple[str, ...]:
        """SYMBOLS, or all that the practice market has."""
        if self._settings.practice and not self._settings.symbols_are_chosen:
            return practice_symbols(self._account)
        return self._settings.symbols

    def _take_over(self, symbols: tuple[str, ...]) -> None:
        """Claim the cache for this account and take over the bars that an earlier worker left in it."""
        writer = self._publisher.writer
        kept = writer.claim(self._stamp)
        market = self._publisher.market = Market(symbols)
        for place, symbol in enumerate(symbols if kept else ()):
            for interval in INTERVALS:
                series = BarSeries(*writer.read_series(symbol, interval))
                market.book.take_over(place, interval, series)
        if kept and self._earlier is not None:
            self._covered_until = _known_until(self._earlier)
        log.info("cache claimed", kept=kept, symbols=len(symbols))

    def _new_session(self, feed: Feed, symbols: tuple[str, ...]) -> StreamSession:
        key, secret = self._settings.credentials
        state = FeedState(feed, self._covered_until.pop(feed, 0))
        return StreamSession(
            STREAMS[feed](self._settings.stream_url(feed), key, secret, symbols),
            self._new_intake(state),
            state,
            self._desk,
            self._publisher,
            self._quarantine,
            self._server_clock,
            self._settings.flush_ms / 1000,
            self._settings.stale_after_s,
            self._lane.decode,
        )

    def _new_intake(self, state: FeedState) -> Intake:
        place = (self._settings.data_url, *self._settings.credentials)
        if state.feed is Feed.NEWS:
            return NewsIntake(NewsHistory(*place), NewsDesk(self._publisher), state, self._symbols_streamed)
        return MarketIntake(
            history_of(state.feed, *place, self._settings.stream_feed),
            self._publisher,
            state,
            self._states,
            self._server_clock,
            self._settings.stale_after_s,
            self._recorder,
        )

    def _symbols_streamed(self) -> tuple[str, ...]:
        return self._publisher.market.symbols

    def _open_writer(self) -> MarketWriter:
        writer = MarketWriter(self._settings.market_cache_url, self._token)
        writer.claim(self._stamp)
        return writer

    @property
    def _stamp(self) -> Stamp:
        places = self._settings.trading_url, self._settings.data_url, self._settings.data_stream_url
        return Stamp(self._settings.mode, *places, self._account_id)

    @property
    def _clock_look_s(self) -> float:
        near = urlsplit(self._settings.trading_url).hostname in {"127.0.0.1", "localhost", "::1"}
        return CLOCK_LOOK_S if near else CLOCK_LOOK_ELSEWHERE_S

    def _status(self) -> DeskStatus:
        status = self._desk.status(
            self._publisher.market,
            self._stream_states(),
            self._symbols.budget if self._symbols else Budget(),
            self._streams.load,
            self._publisher.dropped,
            self._publisher.conflated,
            {name: state for name, state in self._states.told().items() if name in self._publisher.market.index},
        )
        recorder = self._recorder.status() if self._recorder else None
        status = replace(status, queue_depth=self._streams.queue_depth, recorder=recorder)
        return self._trading.describe(status) if self._trading else status

    def _stream_states(self) -> dict[Feed, StreamStatus]:
        """What the streams say, and what the plan has no room for."""
        states = self._streams.states
        left_out = self._symbols.left_out if self._symbols else []
        if left_out and Feed.STOCKS in states:
            stocks = states[Feed.STOCKS]
            states[Feed.STOCKS] = replace(stocks, not_streaming=sorted({*stocks.not_streaming, *left_out}))
        return states

    async def _beat(self) -> None:
        self._publisher.market.pass_time(time.monotonic(), self._desk.market_open)
        self._publisher.beat()
        await self._tell_cache_trouble()

    async def _tell_cache_trouble(self) -> None:
        """Say by the journal what the cache cannot say itself."""
        trouble = self._publisher.trouble
        if trouble != self._told_trouble:
            with contextlib.suppress(JournalBusyError):
                await asyncio.to_thread(self._journal.tell_cache_trouble, trouble)
                self._told_trouble = trouble

    async def _look_at_clock(self) -> None:
        with contextlib.suppress(HistoryError):
            await self._server_clock()

    async def _server_clock(self) -> ServerClock:
        before = time.monotonic()
        clock = await asyncio.to_thread(self._account.clock)
        self._desk.saw_clock(self._publisher.market, clock, (before + time.monotonic()) / 2)
        return clock

    async def _every(self, interval_s: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await act()
            await asyncio.sleep(interval_s)


def _known_until(earlier: Snapshot) -> dict[Feed, int]:
    """Up to where the earlier worker knew everything of each feed: its newest event, or where a gap began that it did not fill."""
    newest = np.maximum(earlier.latest["trade_ts_event"], earlier.latest["quote_ts_event"]).tolist()
    found: dict[Feed, int] = {}
    for symbol, ts_event in zip(earlier.symbols, newest, strict=True):
        found[feed_of(symbol)] = max(found.get(feed_of(symbol), 0), ts_event)
    for name, stream in earlier.status.streams.items():
        if stream.gaps and not stream.gaps[-1]["filled"]:
            found[Feed(name)] = to_ns(datetime.fromisoformat(stream.gaps[-1]["from"]))
    return found if earlier.status.backfilled else {}


def run_worker(settings: Settings, stay_when_refused: bool = False) -> None:
    """Hold the lease and work until SIGTERM or SIGINT. Raises SettingsError, LeaseHeldError or RefusedError."""
    lease = take_lease(settings.market_cache_url, settings.data_dir)
    gc.freeze()  # what was imported stays: the collector need not look through it
    try:
        asyncio.run(_until_signal(StreamWorker(settings, stay_when_refused, lease.token)))
    finally:
        lease.release()


async def _until_signal(worker: StreamWorker) -> None:
    """Run the worker until it ends or a signal to stop comes, and close it."""
    task, stop = asyncio.create_task(worker.run()), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await end(task, stopping)
    worker.close()
    if stop.is_set():
        log.info("stopped")
        _end_within(LEAVE_WITHIN_S)
    else:
        _raise_error_of(task)


def _raise_error_of(task: asyncio.Task[None]) -> None:
    error = task.exception()
    if isinstance(error, BaseExceptionGroup):
        raise error.exceptions[0] from None
    if error is not None:
        raise error


def _end_within(limit_s: float) -> None:
    """Threads that wait for an answer by REST would keep the process for as long as their limits; nothing is left to lose."""
    last_resort = threading.Timer(limit_s, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()
