"""The news item: one article, told of by the news stream or by history."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewsItem:
    """Every text is a stranger's: it is shown as text, never as markup. Times are nanoseconds UTC; `url` may be empty."""

    id: int
    headline: str
    summary: str
    author: str
    source: str
    url: str
    symbols: tuple[str, ...]
    created_at: int
    updated_at: int
