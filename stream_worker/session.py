"""The session: one connection of a stream, from the first byte to the error that ends it."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from broker.account import ServerClock
from broker.backoff import delay_s
from broker.fast_lane import Decode
from broker.feed_stream import FeedStream
from broker.refusal import error_of
from broker.wire import Batch, decode
from domain.errors import HistoryError, StreamError
from domain.status import LoadStatus, StreamState
from stream_worker.desk_state import DeskState
from stream_worker.feed_state import FeedState
from stream_worker.frame_buffer import FrameBuffer
from stream_worker.intake import Intake
from stream_worker.publisher import Publisher
from stream_worker.quarantine import Quarantine
from stream_worker.silence import Findings, verdict
from stream_worker.together import run_together

PROBE_LIMIT_S: Final = 1.5
QUIET_AFTER_S: Final = 2.0
LOOK_S: Final = 0.5
SOON_S: Final = 0.01
"""A little more than the clock's grain, so that the look comes after the moment and not just before it."""

ASK_AGAIN_S: Final = 60.0
"""Symbols that were not acknowledged are asked for again this often: a plan may have grown, a server may have erred."""

EXPLAINS_S: Final = 2.0
"""An error frame explains the end of the connection that follows within this time."""

PROVED_AFTER_S: Final = 10.0
FROZE_S: Final = 1.0
"""A look that comes so late says that this process or the computer slept: the silence was its own."""

BACKLOG_FRAMES: Final = 900
"""Of the 1,024 frames that the websocket holds before it stops reading: then the worker cannot follow."""

log = structlog.get_logger()

LookAtClock = Callable[[], Awaitable[ServerClock]]


class StreamSession:
    """Runs connections one after another; each call of `run` is one. Everything that it learns goes to the feed's state."""

    def __init__(
        self,
        stream: FeedStream,
        intake: Intake,
        state: FeedState,
        desk: DeskState,
        publisher: Publisher,
        quarantine: Quarantine,
        look_at_clock: LookAtClock,
        flush_s: float,
        stale_after_s: float,
        decode: Decode = decode,
    ) -> None:
        self.stream, self.intake, self.state, self._decode = stream, intake, state, decode
        self._desk, self._publisher, self._quarantine = desk, publisher, quarantine
        self._look_at_clock, self._stale_after_s = look_at_clock, stale_after_s
        self._buffer = FrameBuffer(flush_s, self._take_frames)
        self._buffer.held = True
        self._filling = asyncio.Lock()
        self._fault: asyncio.Future[None] | None = None
        self._conflating = False
        self._asked_at = 0.0
        self._questioned_at = -1e9
        self._complaint, self._complained_at = "", -1e9
        self._got_data = False
        self._connected_at = self._fill_at = math.inf
        self._unfilled = 0

    @property
    def proved(self) -> bool:
        """Whether the last connection was a good one: data came, or it stood for long, as that of news does."""
        return self._got_data or time.monotonic() - self._connected_at >= PROVED_AFTER_S

    @property
    def queue_depth(self) -> int:
        """Frames that wait for the next flush."""
        return len(self._buffer)

    @property
    def load(self) -> LoadStatus:
        """How hard it is to follow this stream."""
        return LoadStatus(round(self._buffer.interval_s * 1000, 1), self._conflating, self._buffer.bytes)

    async def run(self) -> None:
        """Connect, fill the gap, stream. Ends only by StreamError or RefusedError."""
        self._got_data, self._connected_at, self._fill_at, self._unfilled = False, math.inf, math.inf, 0
        self._buffer.clear()
        self._buffer.held = True
        try:
            async with self.stream.connected():
                self.state.connected()
                self._connected_at = time.monotonic()
                self._asked_at, self._questioned_at = time.monotonic(), -1e9
                self._fault = asyncio.get_running_loop().create_future()
                works = self._receive(), self._fill_then_watch(), self._judge_silence()
                await run_together(self._end_with_fault(self._fault), *works)
        except StreamError as error:
            self._take_last_frames()
            raise self._reason(error) from error
        finally:
            self._buffer.clear()
            self._buffer.held = True
            self.intake.lost()

    def _take_last_frames(self) -> None:
        """What came just before the end may say why it came."""
        if not self._buffer.held:
            self._buffer.flush()

    def _reason(self, error: StreamError) -> StreamError:
        """The end as the server itself explained it, if it just did."""
        explained = time.monotonic() - self._complained_at < EXPLAINS_S
        return StreamError(self._complaint) if explained and type(error) is StreamError else error

    async def change(self, symbols: Iterable[str]) -> None:
        """Stream these symbols from now on, without a new connection if there is one. StreamError if it is lost meanwhile."""
        add, remove = frozenset(symbols) - self.stream.wanted, self.stream.wanted - frozenset(symbols)
        async with self._filling:
            if not (add or remove):
                return
            if self._buffer.held:  # no connection: the next one subscribes to what is wanted then
                self.stream.wanted = frozenset(symbols)
            else:
                await self.intake.join(add, lambda: self.stream.change(add, remove))

    async def _end_with_fault(self, fault: asyncio.Future[None]) -> None:
        await fault

    async def _receive(self) -> None:
        while True:
            frames = await self.stream.receive_all()
            self.state.message_came()
            self._buffer.add_all(frames)
            await self.stream.rest(self._buffer.rest_s)
            while self._buffer.overfull:
                await asyncio.sleep(0.01)

    async def _fill_then_watch(self) -> None:
        self.state.becomes(self.state.state, "Reading history.")
        self._publisher.status_changed()
        await self._fill()
        while True:
            if time.monotonic() >= self._fill_at:
                await self._fill()
            if await _slept_well(LOOK_S) and not self._buffer.held:
                await self._look_after()

    async def _judge_silence(self) -> None:
        """Beside all other questions, which may wait long for an answer when the network is gone."""
        while True:
            if await _slept_well(self._next_look_s) and not self._buffer.held:
                await self._question_silence()

    @property
    def _next_look_s(self) -> float:
        """Until the moment in which a silence becomes too long, if that comes before the next look."""
        rest_s = self._stale_after_s - self.state.silence_s
        return min(LOOK_S, rest_s + SOON_S) if rest_s > 0 else LOOK_S

    async def _fill(self) -> None:
        """Read history, with the frames held back. Where it cannot be read, the stream goes on beside an open gap, and it is
        tried again; without any history yet there is nothing to go on from."""
        async with self._filling:
            self._buffer.held = True
            await self.stream.catch_up()
            try:
                await self.intake.fill()
            except HistoryError as error:
                self._fill_later(error)
                if not self.state.backfilled:
                    return
            else:
                self._fill_at, self._unfilled = math.inf, 0
                self.state.becomes(StreamState.LIVE if self._desk.is_open(self.state.feed) else StreamState.QUIET)
            self._buffer.held = False
            self._buffer.flush()
        self._publisher.status_changed()

    def _fill_later(self, error: HistoryError) -> None:
        self._unfilled += 1
        wait_s = delay_s(self._unfilled, random.Random())
        self._fill_at = time.monotonic() + wait_s
        self.state.becomes(self.state.state, f"{error} Trying again in {max(wait_s, 1):.0f} s.")
        self._publisher.status_changed()

    async def _look_after(self) -> None:
        self._conflating = self.stream.backlog >= BACKLOG_FRAMES
        await self.stream.resubscribe(await self.intake.watch())
        if self.stream.not_streaming and time.monotonic() - self._asked_at >= ASK_AGAIN_S:
            self._asked_at = time.monotonic()
            await self.stream.resubscribe(self.stream.not_streaming)

    def _take_frames(self, frames: list[bytes], ts_recv: int) -> None:
        """Decode and book. An error in here is ours; it ends the connection, so that the way back repairs what it left."""
        try:
            self._book(frames, ts_recv)
        except Exception as error:
            log.exception("frames could not be booked", frames=len(frames))
            if self._fault is not None and not self._fault.done():
                self._fault.set_exception(StreamError(f"Data could not be booked ({type(error).__name__})."))

    def _book(self, frames: list[bytes], ts_recv: int) -> None:
        batch = self._decode(frames, self._publisher.market.index)
        if batch.failures or batch.subscriptions:
            self._take_answers(batch)
        self.state.count(unasked=batch.unasked)
        self._got_data = self._got_data or batch.has_data
        self.intake.take(batch, ts_recv, self._conflating)
        self.state.quarantined(batch.quarantined.counts)
        self._quarantine.take(self.state.feed, batch.quarantined)

    def _take_answers(self, batch: Batch) -> None:
        for answer in batch.subscriptions:
            self.stream.acknowledged(answer)
        for failure in batch.failures:
            log.error("error frame", feed=self.state.feed.value, code=failure.code, message=failure.msg)
            self._complaint, self._complained_at = str(error_of(failure.code, failure.msg)), time.monotonic()
            self.state.complain(self._complaint)

    async def _question_silence(self) -> None:
        """Judge a silence that is too long, and correct the state when messages come again."""
        silence_s, is_open = self.state.silence_s, self._desk.is_open(self.state.feed)
        if silence_s < QUIET_AFTER_S and self.state.state is not StreamState.LIVE:
            self.state.becomes(StreamState.LIVE)
        elif silence_s >= QUIET_AFTER_S and not is_open:
            self.state.becomes(StreamState.QUIET)
        elif silence_s >= QUIET_AFTER_S and self._clock_stands_still:
            self.state.becomes(StreamState.PAUSED)
        elif silence_s >= self._stale_after_s and self._may_ask:
            self._questioned_at = time.monotonic()
            self.state.becomes(verdict(await self._findings()))
        self._publisher.status_changed()
        if self.state.state is StreamState.STALE:
            raise StreamError(f"No message came for {silence_s:.0f} s, and the feed does not say why.")

    @property
    def _may_ask(self) -> bool:
        """Silence that was explained is asked about again only after a while: each question costs four requests."""
        return time.monotonic() - self._questioned_at >= max(self._stale_after_s / 2, 1.0)

    @property
    def _clock_stands_still(self) -> bool:
        clock = self._publisher.market.clock
        return clock.known and clock.rate == 0.0

    async def _findings(self) -> Findings:
        if not await self.stream.ping(PROBE_LIMIT_S):  # the rest would change nothing
            return Findings(False, None, None, None)
        try:
            first = await self._look_at_clock()
            await asyncio.sleep(0.3)
            second = await self._look_at_clock()
            newer = await self.intake.newer_in_history()
        except HistoryError:
            return Findings(True, None, None, None)
        return Findings(True, second.now > first.now, self._desk.is_open(self.state.feed), newer)


async def _slept_well(wait_s: float) -> bool:
    """Wait; whether it took no longer. If it did, what came meanwhile is still in the sockets."""
    began = time.monotonic()
    await asyncio.sleep(wait_s)
    return time.monotonic() - began < wait_s + FROZE_S
