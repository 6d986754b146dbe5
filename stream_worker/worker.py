"""The worker: puts the parts together, runs them in one event loop, and stops them cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import structlog

from broker.account import Account
from broker.history import StockHistory
from broker.order_client import OrderClient
from broker.stock_stream import StockStream
from broker.trade_stream import TradeStream
from domain.bar_series import BarSeries
from domain.errors import HistoryError, RefusedError
from domain.interval import INTERVALS
from domain.status import DeskStatus, StreamState
from market_cache import snapshot
from market_cache.lease import WorkerLease
from market_cache.snapshot import Snapshot
from market_cache.stamp import Stamp
from market_cache.store import directory_of
from market_cache.writer import MarketWriter
from orders.journal import Journal
from orders.kill_switch import KillSwitch
from settings import Settings
from stream_worker.backoff import delay_s
from stream_worker.commands import Commands
from stream_worker.desk_state import DeskState
from stream_worker.kill_watch import KillWatch
from stream_worker.market import Market
from stream_worker.publisher import Publisher
from stream_worker.session import StreamSession
from stream_worker.supervisor import REFUSALS, StreamSupervisor
from stream_worker.trading import Trading

HEARTBEAT_S: Final = 0.5
CLOCK_LOOK_S: Final = 1.0
LEAVE_WITHIN_S: Final = 2.0
CLOCK_LOOK_ELSEWHERE_S: Final = 30.0
MAX_SYMBOLS: Final = 30
"""Alpaca's free plan streams trades and quotes of 30 symbols."""

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""


class StreamWorker:
    """One worker on one account and cache. `run` returns when asked to stop; RefusedError if Alpaca does not want it."""

    def __init__(self, settings: Settings, stay_when_refused: bool) -> None:
        self._settings, self._stay_when_refused = settings, stay_when_refused
        key, secret = settings.credentials
        self._account = Account(settings.trading_url, key, secret, settings.alpaca_paper)
        self._history = StockHistory(settings.data_url, key, secret, settings.stream_feed)
        self._jitter = random.Random()
        self._account_id = ""
        self._state = DeskState(settings.mode)
        self._journal = Journal(settings.journal)
        self._kill = KillSwitch(self._journal, settings.kill_files, settings.kill_switch)
        self._order_client = OrderClient(settings.trading_url, key, secret, settings.alpaca_paper)
        self._symbols_added = asyncio.Event()
        self._new_symbols: list[str] = []
        self._trading: Trading | None = None
        self._session: StreamSession | None = None
        self._publisher = Publisher(self._open_writer, Market(()), self._status)
        self._earlier = snapshot.unpack(self._publisher.writer.earlier_snapshot)
        if self._earlier is not None:
            self._publisher.market = Market(self._earlier.symbols)
            self._publisher.market.latest = self._earlier.latest.copy()

    async def run(self) -> None:
        """Work until cancelled or refused."""
        self._publisher.announce()
        async with asyncio.TaskGroup() as tasks:
            beat = tasks.create_task(self._every(HEARTBEAT_S, self._beat))
            try:
                await self._stream(tasks)
            except RefusedError as error:
                self._state.becomes(StreamState.REFUSED, str(error))
                self._publisher.beat()
                if not self._stay_when_refused:
                    raise
                await beat

    def close(self) -> None:
        """Say that the worker has stopped, and let go of the cache."""
        self._state.becomes(StreamState.DOWN, "The stream worker was stopped.")
        self._publisher.beat()
        self._publisher.writer.close()
        self._journal.close()

    async def _stream(self, tasks: asyncio.TaskGroup) -> None:
        self._account_id, symbols = await self._introduce()
        self._journal.connect_account(self._settings.mode, self._account_id)
        self._take_over(symbols)
        self._trading = self._new_trading()
        beside = (
            self._every(self._clock_look_s, self._look_at_clock),
            self._trading.run(),
            Commands(self._journal, {"watch": self._watch}).run(),
            KillWatch(self._kill, self._journal, self._order_client, self._account_id).run(),
        )
        running = [tasks.create_task(work) for work in beside]
        try:
            await self._follow_symbols()
        finally:
            for task in running:
                task.cancel()

    async def _follow_symbols(self) -> None:
        """Stream, and begin a new session whenever symbols were added: it comes back by the same way as after a loss."""
        while True:
            self._session = self._new_session(self._publisher.market.symbols)
            streaming = asyncio.create_task(
                StreamSupervisor(self._session, self._state, self._publisher, self._jitter).run()
            )
            added = asyncio.create_task(self._symbols_added.wait())
            try:
                await asyncio.wait({streaming, added}, return_when=asyncio.FIRST_COMPLETED)
                if streaming.done():
                    streaming.result()
            finally:
                streaming.cancel()
                added.cancel()
                await asyncio.gather(streaming, added, return_exceptions=True)
            self._add_symbols()

    def _add_symbols(self) -> None:
        self._symbols_added.clear()
        old = self._publisher.market
        self._publisher.market = old.with_symbols((*old.symbols, *self._new_symbols))
        self._new_symbols.clear()

    async def _watch(self, arguments: dict[str, Any]) -> dict[str, str]:
        """Stream one more symbol. The answer holds an `error` if that cannot be."""
        symbol = str(arguments["symbol"])
        known = (*self._publisher.market.symbols, *self._new_symbols)
        if symbol in known:
            return {"symbol": symbol}
        if len(known) >= MAX_SYMBOLS:
            return {"error": f"{len(known)} symbols are streamed already; the free plan allows {MAX_SYMBOLS}."}
        if not await asyncio.to_thread(self._account.is_tradable, symbol):
            return {"error": f"{symbol} is not a stock that can be traded here."}
        self._new_symbols.append(symbol)
        self._symbols_added.set()
        return {"symbol": symbol}

    def _new_trading(self) -> Trading:
        key, secret = self._settings.credentials
        stream = TradeStream(self._settings.trading_stream_url, key, secret)
        return Trading(stream, self._order_client, self._journal, self._account_id, self._publisher)

    async def _introduce(self) -> tuple[str, tuple[str, ...]]:
        """Account id and symbols, asked for until the trading server answers."""
        for failures in range(1, 2**31):
            try:
                account_id = await asyncio.to_thread(self._account.account_id)
                return account_id, await asyncio.to_thread(self._symbols)
            except RefusedError:
                if failures >= REFUSALS:
                    raise
            except HistoryError as error:
                self._state.becomes(StreamState.CONNECTING, str(error))
                self._publisher.status_changed()
            await asyncio.sleep(min(delay_s(failures, self._jitter), 2.0 if self._settings.practice else 30.0))
        raise AssertionError("unreachable")

    def _symbols(self) -> tuple[str, ...]:
        """SYMBOLS, or all that the practice market has, and what pages have wished since."""
        chosen = self._settings.symbols
        if self._settings.practice and not self._settings.symbols_are_chosen:
            chosen = self._account.tradable_symbols()
        return tuple(dict.fromkeys((*chosen, *self._journal.wished_symbols())))[:MAX_SYMBOLS]

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
            self._state.covered_until = _newest_event(self._earlier)
        log.info("cache claimed", kept=kept, symbols=len(symbols))

    def _new_session(self, symbols: tuple[str, ...]) -> StreamSession:
        key, secret = self._settings.credentials
        stream = StockStream(self._settings.data_stream_url, key, secret, symbols)
        return StreamSession(
            stream,
            self._account,
            self._history,
            self._publisher,
            self._state,
            self._settings.flush_ms / 1000,
            self._settings.stale_after_s,
        )

    def _open_writer(self) -> MarketWriter:
        writer = MarketWriter(directory_of(self._settings.market_cache_url))
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
        depth = self._session.queue_depth if self._session else 0
        status = self._state.status(self._publisher.market, depth, self._publisher.dropped)
        return self._trading.describe(status) if self._trading else status

    async def _beat(self) -> None:
        self._publisher.market.pass_time(time.monotonic(), self._state.market_open)
        self._publisher.beat()

    async def _look_at_clock(self) -> None:
        before = time.monotonic()
        with contextlib.suppress(HistoryError):
            clock = await asyncio.to_thread(self._account.clock)
            self._state.saw_clock(self._publisher.market, clock, (before + time.monotonic()) / 2)

    async def _every(self, interval_s: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await act()
            await asyncio.sleep(interval_s)


def _newest_event(earlier: Snapshot) -> int:
    newest = np.maximum(earlier.latest["trade_ts_event"], earlier.latest["quote_ts_event"])
    return int(newest.max()) if earlier.status.backfilled and len(newest) else 0


def run_worker(settings: Settings, stay_when_refused: bool = False) -> None:
    """Hold the lease and work until SIGTERM or SIGINT. Raises SettingsError, LeaseHeldError or RefusedError."""
    lease = WorkerLease(settings.data_dir)
    try:
        asyncio.run(_until_signal(StreamWorker(settings, stay_when_refused)))
    finally:
        lease.release()


async def _until_signal(worker: StreamWorker) -> None:
    """Run the worker until it ends or a signal to stop comes, and close it."""
    task, stop = asyncio.create_task(worker.run()), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    stopping.cancel()
    await asyncio.wait({task})
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
