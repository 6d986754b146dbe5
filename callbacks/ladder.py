"""The ladder: the best levels of the order book of the symbol that a page looks at, where its feed tells of them."""

from __future__ import annotations

from typing import Any, Final

from callbacks.window import price, size
from domain.depth import Level
from domain.feed import Feed, feed_of
from market_cache.reader import MarketReader

ROWS_A_SIDE: Final = 11


def depth_part(reader: MarketReader, symbol: str, held: int) -> dict[str, Any] | None:
    """Bids and asks, best first, when they changed after publication `held`. None for a symbol without depth."""
    if not symbol or feed_of(symbol) is not Feed.CRYPTO:
        return None
    found = reader.document(f"depth:{symbol}")
    if found is None or found[0] <= held:
        return None
    depth = reader.depth(symbol)
    return None if depth is None else {"mark": found[0], "bids": rows(depth.bids), "asks": rows(depth.asks)}


def rows(levels: tuple[Level, ...]) -> list[list[float]]:
    """[price, size] of the best levels of a side."""
    return [[price(at), size(much)] for at, much in levels[:ROWS_A_SIDE]]
