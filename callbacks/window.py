"""The window: all that a page needs to show a symbol from nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.tick import Flag
from market_cache.reader import MarketReader
from market_cache.tail import Print

MOST_BARS = 600
MOST_PRINTS = 60
SPARK_MINUTES = 60
SPARK_POINTS = 30


def window_bars(reader: MarketReader, symbol: str, interval: str, until: int | None = None) -> list[list[float]]:
    """At most 599 closed bars, the newest or those up to an ordinal (the forming bar comes with the delta)."""
    if not symbol:
        return []
    first, bars = reader.bars(symbol, interval, MOST_BARS - 1, None if until is None else until + 1)
    return [bar_row(first + place, bar) for place, bar in enumerate(bars)]


def build_window(reader: MarketReader, symbol: str, seq: int) -> dict[str, Any]:
    """Prints, spreads, and the whole watchlist's sparklines."""
    if not symbol:
        return {"tape": [], "spreads": [], "sparks": {}, "symbols": []}
    return {
        "tape": print_rows(reader, symbol, 0, seq),
        "spreads": [spread_row(*item) for item in reader.spreads_since(symbol, 0)],
        "sparks": {name: spark(reader, name) for name in reader.symbols},
        "symbols": list(reader.symbols),
    }


def spark(reader: MarketReader, symbol: str) -> list[float]:
    """Closes of the last hour, every second minute, oldest first."""
    _, bars = reader.bars(symbol, "1Min", SPARK_MINUTES)
    closes = bars["close"][:: -max(1, SPARK_MINUTES // SPARK_POINTS)][::-1]
    return [price(close) for close in closes]


def bar_row(ordinal: int, bar: np.void) -> list[float]:
    """[ordinal, start in ms, open, high, low, close, volume, trade count]."""
    prices = [price(bar[name]) for name in ("open", "high", "low", "close")]
    return [ordinal, ms(bar["start"]), *prices, size(bar["volume"]), int(bar["trade_count"])]


def print_rows(reader: MarketReader, symbol: str, after: int, until: int) -> list[list[float]]:
    """The newest 60 prints after one seq and up to another: another thread may have read further meanwhile."""
    return [print_row(item) for item in reader.trades_since(symbol, after, MOST_PRINTS) if item.seq <= until]


def print_row(item: Print) -> list[float]:
    """[time in ms, price, size, side]; side 1 at the ask, -1 at the bid, 0 unknown. An outlier has a fifth number, 1."""
    at_ask, at_bid = bool(item.flags & Flag.AT_ASK), bool(item.flags & Flag.AT_BID)
    row = [ms(item.ts_event), price(item.price), size(item.size), at_ask - at_bid]
    return [*row, 1] if item.flags & Flag.OUTLIER else row


def spread_row(ts_event: int, spread: float) -> list[float]:
    """[time in ms, spread in USD]."""
    return [ms(ts_event), price(spread)]


def ms(ts_event: Any) -> int:
    """Milliseconds UTC: what a browser counts in."""
    return int(ts_event) // 1_000_000


def price(value: Any) -> float:
    """USD to four decimals, below 1 USD to nine, in the fewest bytes. What is not finite becomes 0, which means none."""
    number = float(value)
    return round(number, 4 if abs(number) >= 1 else 9) if np.isfinite(number) else 0.0


def size(value: Any) -> float:
    """Shares or coins; whole ones as an integer, in the fewest bytes."""
    number = price(value)
    return int(number) if number == int(number) else number
