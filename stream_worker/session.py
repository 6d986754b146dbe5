"""The session: one connection of the stream, from the first byte to the error that ends it."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import numpy as np
import structlog

from broker.account import Account, ServerClock
from broker.history import StockHistory
from broker.stock_stream import StockStream
from broker.wire import Batch, decode
from domain.errors import HistoryError, StreamError
from domain.session import to_datetime
from domain.status import StreamState
from domain.tick import Records
from market_cache.writer import NO_TICKS
from stream_worker import backfill
from stream_worker.backfill import MINUTE_NS
from stream_worker.desk_state import DeskState
from stream_worker.frame_buffer import FrameBuffer
from stream_worker.publisher import Publisher
from stream_worker.silence import Findings, verdict
from stream_worker.together import run_together

SHOWN_TRADES: Final = 100
"""Backfilled trades a symbol that are published as ticks, so that a tape begins with something to look at."""

PROBE_LIMIT_S: Final = 5.0
QUIET_AFTER_S: Final = 2.0

log = structlog.get_logger()


class StreamSession:
    """Runs connections one after another; each call of `run` is one. Everything that it learns goes to the desk's state."""

    def __init__(
        self,
        stream: StockStream,
        account: Account,
        history: StockHistory,
        publisher: Publisher,
        state: DeskState,
        flush_s: float,
        stale_after_s: float,
    ) -> None:
        self._stream, self._account, self._history = stream, account, history
        self._publisher, self._market, self._state = publisher, publisher.market, state
        self._stale_after_s = stale_after_s
        self._buffer = FrameBuffer(flush_s, self._take_frames)
        self._fault: asyncio.Future[None] | None = None
        self.got_data = False

    @property
    def queue_depth(self) -> int:
        """Frames that wait for the next flush."""
        return len(self._buffer)

    async def run(self) -> None:
        """Connect, fill the gap, stream. Ends only by StreamError, RefusedError or HistoryError."""
        self.got_data = False
        self._buffer.clear()
        self._buffer.held = True
        try:
            async with self._stream.connected():
                self._state.connected()
                self._fault = asyncio.get_running_loop().create_future()
                await run_together(self._end_with_fault(self._fault), self._receive(), self._fill_then_watch())
        finally:
            self._buffer.clear()

    async def _end_with_fault(self, fault: asyncio.Future[None]) -> None:
        await fault

    async def _receive(self) -> None:
        while True:
            frame = await self._stream.receive()
            self._state.message_came()
            self._buffer.add(frame)

    async def _fill_then_watch(self) -> None:
        await self._fill()
        self._buffer.held = False
        self._buffer.flush()
        self._state.becomes(StreamState.LIVE if self._state.market_open else StreamState.QUIET)
        self._publisher.status_changed()
        while True:
            await asyncio.sleep(0.5)
            await self._question_silence()

    async def _fill(self) -> None:
        clock = await self._look_at_clock()
        covered = self._covered_until(clock.now)
        todo = backfill.plan(clock.now, covered, self._market.has_history)
        filling = await asyncio.to_thread(backfill.read, self._history, self._market.symbols, todo)
        self._apply(filling)
        self._state.filled(clock.now)
        self._publisher.begin_epoch()
        self._show_trades(filling)
        log.info(
            "history read",
            trades=sum(map(len, filling.trades.values())),
            minutes=sum(map(len, filling.minutes.values())),
            days=sum(map(len, filling.days.values())),
        )

    def _covered_until(self, now: int) -> int:
        """Up to where everything is known; 0, with all forgotten, if the market's time is behind that: another run began."""
        if self._state.covered_until > now + MINUTE_NS:
            log.warning("the market's time went back; everything is read anew", now=str(to_datetime(now)))
            self._market.forget()
            return 0
        return min(self._state.covered_until, now)

    def _apply(self, filling: backfill.Filling) -> None:
        self._market.restart_at(filling.plan.start, filling.minutes, filling.days)
        trades = _in_order(filling)
        if len(trades):
            self._market.add(trades, 0, time.monotonic())
        self._market.pass_time(time.monotonic(), self._state.market_open)

    def _show_trades(self, filling: backfill.Filling) -> None:
        shown = {symbol: trades[-SHOWN_TRADES:] for symbol, trades in filling.trades.items()}
        trades = _in_order(backfill.Filling(filling.plan, {}, {}, shown))
        if len(trades):
            self._publisher.ticks(trades, time.time_ns())

    def _take_frames(self, frames: list[bytes], ts_recv: int) -> None:
        """Decode and book. An error in here is ours; it ends the connection, so that the way back repairs what it left."""
        try:
            self._book(frames, ts_recv)
        except Exception as error:
            log.exception("frames could not be booked", frames=len(frames))
            if self._fault is not None and not self._fault.done():
                self._fault.set_exception(StreamError(f"Data could not be booked ({type(error).__name__})."))

    def _book(self, frames: list[bytes], ts_recv: int) -> None:
        batch = decode(frames, self._market.index)
        for failure in batch.failures:
            log.error("error frame", code=failure.code, message=failure.msg)
            self._state.complain(f"Alpaca answered: {failure.msg} ({failure.code}).")
        self._state.quarantined(batch.quarantined)
        self.got_data = self.got_data or bool(len(batch.ticks) or len(batch.bars))
        self._take_batch(batch, ts_recv)

    def _take_batch(self, batch: Batch, ts_recv: int) -> None:
        ticks = self._market.add(batch.ticks, ts_recv, time.monotonic())
        self._market.add_minutes(batch.bar_symbols, batch.bars)
        self._state.data_came(self._market)
        self._publisher.ticks(ticks, ts_recv)

    async def _question_silence(self) -> None:
        """Judge a silence that is too long, and correct the state when messages come again."""
        silence_s = self._state.silence_s
        if silence_s < QUIET_AFTER_S and self._state.stream.state is not StreamState.LIVE:
            self._state.becomes(StreamState.LIVE)
        elif silence_s >= QUIET_AFTER_S and not self._state.market_open:
            self._state.becomes(StreamState.QUIET)
        elif silence_s >= QUIET_AFTER_S and self._market.clock.known and self._market.clock.rate == 0.0:
            self._state.becomes(StreamState.PAUSED)
        elif silence_s >= self._stale_after_s:
            self._state.becomes(verdict(await self._findings()))
        self._publisher.status_changed()
        if self._state.stream.state is StreamState.STALE:
            raise StreamError(f"No message came for {silence_s:.0f} s, and the feed does not say why.")

    async def _findings(self) -> Findings:
        pong = await self._stream.ping(PROBE_LIMIT_S)
        try:
            first = await self._look_at_clock()
            await asyncio.sleep(0.3)
            second = await self._look_at_clock()
            newer = await asyncio.to_thread(self._history.trades, self._market.symbols, self._market.newest + 1)
        except HistoryError:
            return Findings(pong, None, None, None)
        return Findings(pong, second.now > first.now, second.is_open, any(len(rows) for rows in newer.values()))

    async def _look_at_clock(self) -> ServerClock:
        before = time.monotonic()
        clock = await asyncio.to_thread(self._account.clock)
        self._state.saw_clock(self._market, clock, (before + time.monotonic()) / 2)
        return clock


def _in_order(filling: backfill.Filling) -> Records:
    """All trades of a filling by event time, as the tape would have shown them."""
    trades = np.concatenate([NO_TICKS, *filling.trades.values()])
    ordered: Records = trades[np.argsort(trades["ts_event"], kind="stable")]
    return ordered
