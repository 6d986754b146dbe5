"""The stream manager: several streams at once in one worker, each under a supervisor of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

import structlog

from domain.errors import RefusedError, TickdeskError
from domain.feed import Feed, feed_of
from domain.status import LoadStatus, StreamState, StreamStatus
from stream_worker.desk_state import MAIN_FIRST, DeskState
from stream_worker.publisher import Publisher
from stream_worker.session import StreamSession
from stream_worker.supervisor import StreamSupervisor
from stream_worker.together import end

ALL_NEWS: Final = "*"

log = structlog.get_logger()

NewSession = Callable[[Feed, tuple[str, ...]], StreamSession]


class StreamManager:
    """Adds and removes streams, and symbols in them. The first of MAIN_FIRST that runs is the main one."""

    def __init__(self, new_session: NewSession, desk: DeskState, publisher: Publisher, jitter: random.Random) -> None:
        self._new_session, self._desk, self._publisher, self._jitter = new_session, desk, publisher, jitter
        self.sessions: dict[Feed, StreamSession] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    @property
    def states(self) -> dict[Feed, StreamStatus]:
        """What each stream says of itself."""
        return {feed: session.state.status(session.stream.not_streaming) for feed, session in self.sessions.items()}

    @property
    def queue_depth(self) -> int:
        """Frames that wait for the next flush, of all streams."""
        return sum(session.queue_depth for session in self.sessions.values())

    @property
    def load(self) -> LoadStatus:
        """The hardest stream to follow."""
        loads = [session.load for session in self.sessions.values()]
        return max(loads, key=lambda load: (load.conflating, load.flush_ms, load.backlog_bytes), default=LoadStatus())

    async def run(self) -> None:
        """Watch over the streams until cancelled. RefusedError when the main stream is refused for good."""
        try:
            while True:
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({changed, *self._tasks.values()}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                self._look_at_ended()
        finally:
            for feed in list(self.sessions):
                await self.remove_stream(feed)

    def add_stream(self, feed: Feed, symbols: tuple[str, ...]) -> None:
        """Stream these symbols of a feed that is not streamed yet."""
        session = self.sessions[feed] = self._new_session(feed, symbols)
        self._desk.feeds[feed] = session.state
        self._start(feed, session)

    async def remove_stream(self, feed: Feed) -> None:
        """Stop a stream; its connection is closed when this returns."""
        self.sessions.pop(feed, None)
        self._desk.feeds.pop(feed, None)
        task = self._tasks.pop(feed, None)
        if task is not None:
            await end(task)
        self._changed.set()

    async def stream_symbols(self, symbols: tuple[str, ...], news: bool) -> None:
        """Make these the symbols that are streamed: streams that have none end, new ones begin, the others are changed."""
        self._publisher.move_to(self._publisher.market.with_symbols(symbols))
        for feed in MAIN_FIRST:
            wanted = self._wanted(feed, symbols, news)
            try:
                await self._change(feed, wanted)
            except TickdeskError as error:
                log.warning("symbols could not be changed; connecting anew", feed=feed.value, error=str(error))
                self.sessions[feed].state.becomes(StreamState.RECONNECTING, str(error))
                await self._restart(feed, wanted)

    async def _restart(self, feed: Feed, symbols: tuple[str, ...]) -> None:
        """Let a stream connect anew: it then fills what all of its symbols miss."""
        session, task = self.sessions[feed], self._tasks.pop(feed, None)
        if task is not None:
            await end(task)
        session.stream.wanted = frozenset(symbols)
        self._start(feed, session)

    def _start(self, feed: Feed, session: StreamSession) -> None:
        supervisor = StreamSupervisor(session, self._publisher, self._jitter)
        self._tasks[feed] = asyncio.create_task(supervisor.run(), name=f"{feed.value} stream")
        self._changed.set()

    def _wanted(self, feed: Feed, symbols: tuple[str, ...], news: bool) -> tuple[str, ...]:
        if feed is Feed.NEWS:
            return (ALL_NEWS,) if news else ()
        return tuple(symbol for symbol in symbols if feed_of(symbol) is feed)

    async def _change(self, feed: Feed, wanted: tuple[str, ...]) -> None:
        session = self.sessions.get(feed)
        if session is None and wanted:
            self.add_stream(feed, wanted)
        elif session is not None and not wanted:
            await self.remove_stream(feed)
        elif session is not None:
            await session.change(wanted)

    def _look_at_ended(self) -> None:
        """A stream ends only when it is refused. The main one ends the desk's streaming; another one stays as it is."""
        for feed, task in list(self._tasks.items()):
            if not task.done():
                continue
            del self._tasks[feed]
            error = task.exception()
            if not isinstance(error, RefusedError) or feed is min(self.sessions, key=MAIN_FIRST.index):
                raise error or AssertionError(f"the {feed.value} stream ended without an error")
            self.sessions[feed].state.becomes(StreamState.REFUSED, str(error))
            self._publisher.status_changed()
