"""The line: one of the client's connections, kept up for ever, with a notice of every gap."""

from __future__ import annotations

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from broker import messages as wire
from broker.backoff import delay_s
from broker.client_messages import Gap, Words
from broker.client_queue import MessageQueue
from broker.feed_stream import FeedStream
from broker.refusal import SlotTakenError, error_of
from broker.trade_stream import TradeStream
from broker.wire import decode_messages
from domain.errors import RefusedError, StreamError, TickdeskError

FRAMES: Final = 32
"""Decoded together: what many more hold would no longer be in the processor's cache when it is put into words."""

STEADY_S: Final = 5.0
"""A connection that lasted so long was a good one: the next failure is the first again."""

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""

Notify = Callable[[str, TickdeskError | None], Awaitable[None]]
"""Called with the stream's name, and with the error that ended it or None when it is open."""


class Line(ABC):
    """One connection after another until cancelled. RefusedError when Alpaca does not want it: trying again changes nothing."""

    def __init__(self, name: str, queue: MessageQueue, notify: Notify) -> None:
        self.name, self._queue, self._notify = name, queue, notify
        self.open = asyncio.Event()
        self.connects = self.gaps = 0
        self._heard_at = 0
        self._why = ""
        self._failures = 0
        self._jitter = random.Random()

    async def run(self) -> None:
        """Connect and hand over, for ever."""
        while True:
            began = time.monotonic()
            try:
                await self._once()
            except StreamError as error:
                steady = self.open.is_set() and time.monotonic() - began >= STEADY_S
                self.open.clear()
                self._why = str(error)
                self._failures = 1 if steady else self._failures + 1
                await self._notify(self.name, error)
                await asyncio.sleep(self.wait_s(error))

    def wait_s(self, error: StreamError) -> float:
        """Seconds until the next try: what the error asks for, else the backoff."""
        return error.wait_s if isinstance(error, SlotTakenError) else delay_s(max(self._failures, 1), self._jitter)

    async def _opened(self) -> None:
        """Say that it is open; what was lost since the last word is told of first."""
        now = time.time_ns()
        self.connects += 1
        if self._heard_at:
            self.gaps += 1
            await self._queue.put([Gap(self.name, self._heard_at, now, self._why)])
        self._heard_at = now
        self.open.set()
        await self._notify(self.name, None)

    def _heard(self) -> None:
        self._heard_at = time.time_ns()

    @property
    @abstractmethod
    def quarantined(self) -> int:
        """Messages that could not be read or cannot be true; they were left out."""

    @abstractmethod
    async def _once(self) -> None:
        """One connection, from the first byte to the error that ends it."""


class DataLine(Line):
    """A connection of market data or news."""

    def __init__(self, name: str, stream: FeedStream, queue: MessageQueue, notify: Notify) -> None:
        super().__init__(name, queue, notify)
        self.stream = stream
        self._words = Words()
        self.unreadable = 0
        self.unasked = 0

    @property
    def quarantined(self) -> int:
        """Messages that could not be read or cannot be true; they were left out."""
        return self.unreadable + self._words.impossible

    async def change(self, add: Iterable[str], remove: Iterable[str]) -> None:
        """Ask for more symbols or let go of some: at once if it is open, else with the next connection."""
        more, less = frozenset(add), frozenset(remove)
        if self.open.is_set():
            await self.stream.change(more, less)
        else:
            self.stream.wanted = (self.stream.wanted | more) - less

    async def _once(self) -> None:
        self._words.begin()
        async with self.stream.connected():
            await self._opened()
            while True:
                frames = await self.stream.receive_all()
                for begin in range(0, len(frames), FRAMES):
                    await self._take(frames[begin : begin + FRAMES])

    async def _take(self, frames: list[bytes]) -> None:
        messages, bad = decode_messages(frames)
        if bad.raw:
            self.unreadable += sum(bad.counts.values())
            log.warning("message cannot be read", stream=self.name, causes=dict(bad.counts))
        asked = await self._asked(messages)
        before = self._words.impossible
        words = self._words.of(asked)
        if self._words.impossible > before:
            log.warning("message cannot be true", stream=self.name, messages=self._words.impossible - before)
        self._heard()
        await self._queue.put(words)

    async def _asked(self, messages: list[wire.Message]) -> list[wire.Message]:
        """The messages that somebody asked for; those of the connection itself are dealt with."""
        wanted = self.stream.wanted
        if "*" not in wanted and set(map(type, messages)) <= wire.TICKS:
            asked = [message for message in messages if message.S in wanted]  # type: ignore[union-attr]  # ticks have one
            self.unasked += len(messages) - len(asked)
            return asked
        asked = []
        for message in messages:
            if isinstance(message, wire.Control):
                await self._control(message)
            elif getattr(message, "S", None) in wanted or isinstance(message, wire.News) or "*" in wanted:
                asked.append(message)
            else:
                self.unasked += 1
        return asked

    async def _control(self, message: wire.Control) -> None:
        if isinstance(message, wire.Subscription):
            self.stream.acknowledged(message)
        elif isinstance(message, wire.Failure):
            error = error_of(message.code, message.msg)
            if isinstance(error, RefusedError):
                raise error
            await self._notify(self.name, error)


class OrderLine(Line):
    """The connection of order updates."""

    def __init__(self, name: str, stream: TradeStream, queue: MessageQueue, notify: Notify) -> None:
        super().__init__(name, queue, notify)
        self._stream = stream

    @property
    def quarantined(self) -> int:
        """Updates that could not be read."""
        return self._stream.quarantined

    async def _once(self) -> None:
        async with self._stream.connected():
            await self._opened()
            while True:
                update = await self._stream.receive()
                self._heard()
                if update is not None:
                    await self._queue.put([update])
