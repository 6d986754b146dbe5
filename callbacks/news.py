"""The news as the page gets it: the newest items, whole, when there is anything new among them."""

from __future__ import annotations

from typing import Any, Final

from domain.news import NewsItem
from market_cache.reader import MarketReader

MOST: Final = 40
LONGEST_TEXT: Final = 200


def news_part(reader: MarketReader, held: int) -> dict[str, Any] | None:
    """The news, when they changed after publication `held`; else None. An item may be older than those that came before."""
    found = reader.document("news")
    if found is None or found[0] <= held:
        return None
    return {"mark": found[0], "items": [news_row(item) for item in reader.news()[:MOST]]}


def news_row(item: NewsItem) -> list[Any]:
    """[id, headline, source, url, symbols, created in ms, summary]. Every text is a stranger's."""
    texts = item.headline[:LONGEST_TEXT], item.source or item.author, item.url
    return [item.id, *texts, list(item.symbols), item.created_at // 1_000_000, item.summary[:LONGEST_TEXT]]
