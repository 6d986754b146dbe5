"""The news as the worker holds them: the newest articles, each once, in its last version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.news import NewsItem
from market_cache import document
from stream_worker.publisher import Publisher

KEPT: Final = 100


class NewsDesk:
    """Takes articles in any order, from the stream and from history, and publishes the newest."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._items: dict[int, NewsItem] = {}

    def take(self, items: Iterable[NewsItem]) -> None:
        """Take articles; of the same one the version that was updated last stands."""
        changed = False
        for item in items:
            known = self._items.get(item.id)
            if known is None or known.updated_at < item.updated_at:
                self._items[item.id] = item
                changed = True
        if changed:
            newest = sorted(self._items.values(), key=lambda item: (item.created_at, item.id), reverse=True)[:KEPT]
            self._items = {item.id: item for item in newest}
            self._publisher.show(document.NEWS, document.pack_news(newest))

    def forget(self) -> None:
        """Another run of the market begins."""
        self._items.clear()
        self._publisher.show(document.NEWS, document.pack_news([]))
