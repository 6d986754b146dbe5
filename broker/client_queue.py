"""The client's queue: bounded, and honest about what happens when nobody reads it.

From half full on, a quote (or depth) takes the place of the one of the same symbol that still waits: the reader gets the newest,
and `conflated` counts the others. Everything else is never dropped: when the queue is full, whoever puts waits, so that the socket
is not read any more. Alpaca then ends the connection as too slow (407) and the client comes back with a Gap. Order updates do not
count and never wait.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Any

from broker.client_messages import Message, Quote
from domain.depth import Depth
from domain.order import TradeUpdate


class ClosedQueueError(Exception):
    """The queue is empty and nothing will come any more."""


class MessageQueue:
    """Holds at most `size` messages besides order updates; for one event loop.

    While it is less than half full nothing is replaced, and messages come and go as they are (`_calm`). From then on, until all
    has been read, they lie by number in `_crowd`, and the newest of each symbol is known.
    """

    def __init__(self, size: int) -> None:
        if size < 2:
            raise ValueError("a queue holds at least two messages")
        self._size = size
        self._calm: deque[Message] = deque()
        self._crowd: OrderedDict[int, Message] = OrderedDict()
        self._newest: dict[type, dict[str, int]] = {Quote: {}, Depth: {}}
        self._number = 0
        self._orders = 0
        self._filled, self._room = asyncio.Event(), asyncio.Event()
        self._closed = False
        self._error: Exception | None = None
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._calm) + len(self._crowd)

    async def put(self, messages: Sequence[Message]) -> None:
        """Take messages in order; waits while the queue is full."""
        if not self._crowd and 2 * (len(self._calm) + len(messages) - 1) < self._size:
            self._calm.extend(messages)
        else:
            await self._put_into_crowd(messages)
        if len(self):
            self._filled.set()

    async def get(self) -> Message:
        """The oldest message. ClosedQueueError, or the error that ended the stream, once all has been read."""
        await self._until_filled()
        return self._pop()

    async def get_batch(self, size: int, timeout_s: float) -> list[Message]:
        """At least one message and at most `size`, what came within `timeout_s` of the first; as `get`."""
        batch = [await self.get()]
        deadline = asyncio.get_running_loop().time() + timeout_s
        while len(batch) < size:
            batch += self._pop_all(size - len(batch))
            rest = deadline - asyncio.get_running_loop().time()
            if len(batch) == size or rest <= 0 or not await self._filled_within(rest):
                break
        return batch

    def close(self, error: Exception | None = None) -> None:
        """Nothing more comes; the reader gets the rest, and then the error or the end."""
        self._closed, self._error = True, self._error or error
        self._filled.set()
        self._room.set()

    async def _put_into_crowd(self, messages: Sequence[Message]) -> None:
        while self._calm:
            self._add(self._calm.popleft())
        for message in messages:
            while not self._offer(message):
                self._filled.set()
                self._room.clear()
                await self._room.wait()

    def _add(self, message: Message) -> None:
        """Behind all others. Every message of a crowd comes through here: types are compared, not asked."""
        self._number += 1
        self._crowd[self._number] = message
        newest: Any = self._newest.get(type(message))
        if newest is not None:
            newest[message.symbol] = self._number  # type: ignore[union-attr]  # quotes and depths have one
        elif type(message) is TradeUpdate:
            self._orders += 1

    def _offer(self, message: Message) -> bool:
        """Take a message if there is room for it."""
        newest = self._newest.get(type(message))
        if newest is not None:
            return self._offer_newest(message, newest)
        if type(message) is not TradeUpdate and self._is_full:
            return False
        self._add(message)
        return True

    @property
    def _is_full(self) -> bool:
        return len(self._crowd) - self._orders >= self._size and not self._closed

    def _offer_newest(self, message: Any, newest: dict[str, int]) -> bool:
        if len(self._crowd) * 2 >= self._size:
            older = newest.get(message.symbol)
            if older is not None:
                del self._crowd[older]
                self.conflated += 1
            elif self._is_full:
                return False
        self._add(message)
        return True

    def _pop_all(self, limit: int) -> list[Message]:
        """As many as there are, at most so many."""
        if self._crowd:
            return [self._pop() for _ in range(min(limit, len(self._crowd)))]
        oldest = self._calm.popleft
        return [oldest() for _ in range(min(limit, len(self._calm)))]

    def _pop(self) -> Message:
        if not self._crowd:
            return self._calm.popleft()
        number, message = self._crowd.popitem(last=False)
        newest: Any = self._newest.get(type(message))
        if newest is not None:
            symbol = message.symbol  # type: ignore[union-attr]  # quotes and depths have one
            if newest.get(symbol) == number:
                del newest[symbol]
        elif type(message) is TradeUpdate:
            self._orders -= 1
        self._room.set()
        return message

    async def _until_filled(self) -> None:
        while not len(self):
            if self._closed:
                raise self._error or ClosedQueueError
            self._filled.clear()
            await self._filled.wait()

    async def _filled_within(self, limit_s: float) -> bool:
        self._filled.clear()
        waiting: Any = self._filled.wait()
        try:
            await asyncio.wait_for(waiting, limit_s)
        except TimeoutError:
            return False
        return len(self) > 0
