"""The depth: the levels of an order book behind its best bid and ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SHOWN_LEVELS: Final = 50

Level = tuple[float, float]
"""Price in USD and size; a size of 0 in a change removes the level."""


@dataclass(frozen=True, slots=True)
class Depth:
    """The best levels a side, best first, at `ts_event` (ns UTC)."""

    symbol: str
    ts_event: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class OrderBook:
    """The book of one symbol, kept up by a full message and changes. Changes before the first full message are passed over."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.ts_event = 0
        self.whole = False
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}

    def take(self, ts_event: int, bids: Iterable[Level], asks: Iterable[Level], full: bool) -> None:
        """Take one message; a full one replaces everything."""
        if full:
            self._bids, self._asks, self.whole = {}, {}, True
        if self.whole:
            _change(self._bids, bids)
            _change(self._asks, asks)
            self.ts_event = ts_event

    def depth(self) -> Depth:
        """The best levels as they stand."""
        bids = sorted(self._bids.items(), reverse=True)[:SHOWN_LEVELS]
        return Depth(self.symbol, self.ts_event, tuple(bids), tuple(sorted(self._asks.items())[:SHOWN_LEVELS]))


def _change(side: dict[float, float], levels: Iterable[Level]) -> None:
    for price, size in levels:
        if size > 0:
            side[price] = size
        else:
            side.pop(price, None)
