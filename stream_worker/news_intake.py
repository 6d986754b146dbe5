"""The intake of news: the newest articles of history, then what the stream tells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from broker.history import NewsHistory
from broker.wire import Batch
from domain.errors import HistoryError
from domain.feed import Feed
from stream_worker.feed_state import FeedState
from stream_worker.news_desk import NewsDesk

AT_FIRST: Final = 50
QUESTIONED: Final = 5

log = structlog.get_logger()


class NewsIntake:
    """News come when they come: history alone says whether the stream owes some."""

    feed = Feed.NEWS

    def __init__(
        self, history: NewsHistory, desk: NewsDesk, state: FeedState, symbols: Callable[[], tuple[str, ...]]
    ) -> None:
        self._history, self._desk, self._state, self._symbols = history, desk, state, symbols
        self._newest = 0

    async def fill(self) -> None:
        """Read the newest articles about the symbols that are streamed; a server without them may still stream new ones."""
        try:
            items = await asyncio.to_thread(self._history.newest, self._symbols(), AT_FIRST)
        except HistoryError as error:
            log.warning("no news of the past", error=str(error))
            items = []
        self._desk.take(items)
        self._newest = max([self._newest, *(item.updated_at for item in items)])
        self._state.filled(self._newest, 0, None)

    async def join(self, symbols: frozenset[str], subscribe: Callable[[], Awaitable[None]]) -> None:
        """Ask for them."""
        await subscribe()

    def take(self, batch: Batch, ts_recv: int, conflate: bool) -> None:
        """Take articles."""
        self._desk.take(batch.news)
        self._newest = max([self._newest, *(item.updated_at for item in batch.news)])
        self._state.covers(self._newest)

    def lost(self) -> None:
        """Nothing is lost for good: history is read when the stream is back."""

    async def watch(self) -> list[str]:
        """Nothing is due."""
        return []

    async def newer_in_history(self) -> bool:
        """Whether history has an article that the stream did not bring."""
        newest = await asyncio.to_thread(self._history.newest, self._symbols(), QUESTIONED)
        return any(item.updated_at > self._newest for item in newest)
