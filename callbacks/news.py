"""The news as the page gets it: the newest items once, and after that only those that are new or were changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from domain.news import NewsItem
from market_cache.reader import MarketReader

MOST: Final = 60
LONGEST_TEXT: Final = 300


@dataclass(frozen=True, slots=True)
class HeldNews:
    """What a page holds: the news as of publication `seq`, the last of them changed at `updated_ms`."""

    seq: int = -1
    updated_ms: int = -1


def news_part(reader: MarketReader, held: HeldNews) -> dict[str, Any] | None:
    """The items that the page does not hold; None where nothing changed."""
    found = reader.document("news")
    if found is None or found[0] <= held.seq:
        return None
    items = sorted(reader.news(), key=lambda item: item.updated_at)[-MOST:]
    newest = items[-1].updated_at // 1_000_000 if items else held.updated_ms
    fresh = [news_row(item) for item in items if item.updated_at // 1_000_000 >= held.updated_ms]
    return {"mark": [found[0], max(newest, 0)], "items": fresh}


def news_row(item: NewsItem) -> list[Any]:
    """[id, headline, source, url, symbols, created in ms, summary]. Every text is a stranger's."""
    texts = item.headline[:LONGEST_TEXT], item.source or item.author, item.url
    return [item.id, *texts, list(item.symbols), item.created_at // 1_000_000, item.summary[:LONGEST_TEXT]]
