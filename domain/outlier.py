"""The outlier: a trade far from the ones before it. It is flagged and shown, never removed: a real crash looks the same."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.tick import Flag, Records, trades_of

FAR: Final = 0.05
"""A trade that is more than this part away from the price that its symbol is known by is flagged."""

NEAR: Final = FAR / 2.2
"""Trades that are all as near as this to one price cannot be far from each other: they need no look one by one."""

CONVINCED_BY: Final = 3
"""After so many flagged trades in a row their price is the one that the symbol is known by."""


class Outliers:
    """Knows each symbol (by place) by a price: that of its last ordinary trade."""

    def __init__(self) -> None:
        self._known = np.zeros(0)
        self._in_a_row: dict[int, int] = {}

    def flag(self, ticks: Records) -> int:
        """Flag outliers among the trades of a batch, in place; how many there were. The first trade of a symbol is none."""
        trades = trades_of(ticks)
        if not len(trades):
            return 0
        symbols, prices = trades["symbol"], trades["price"]
        self._make_room(int(symbols.max()))
        known = self._known_or_first(symbols, prices)
        in_doubt = self._in_a_row and not self._in_a_row.keys().isdisjoint(symbols.tolist())
        if in_doubt or (np.abs(prices - known) > NEAR * known).any():
            return self._judge(ticks)
        self._known[symbols] = prices  # of several rows with one symbol numpy keeps the last
        return 0

    def _known_or_first(self, symbols: NDArray[np.uint32], prices: NDArray[np.float64]) -> NDArray[np.float64]:
        """The price that each symbol is known by; one that has none yet is known by its first trade."""
        known = self._known[symbols]
        first_seen = np.flatnonzero(known == 0)[::-1]
        if not len(first_seen):
            return known
        self._known[symbols[first_seen]] = prices[first_seen]  # numpy keeps the last, which backwards is the first
        return self._known[symbols]

    def _judge(self, ticks: Records) -> int:
        """The same one by one, in order: what a trade is depends on those before it."""
        found = 0
        for row in np.flatnonzero(ticks["kind"] == 1).tolist():
            symbol, price = int(ticks["symbol"][row]), float(ticks["a"][row])
            known = float(self._known[symbol])
            if known and abs(price - known) > FAR * known:
                ticks["flags"][row] |= np.uint32(Flag.OUTLIER)
                found += 1
                self._doubt(symbol, price)
            else:
                self._known[symbol] = price
                self._in_a_row.pop(symbol, None)
        return found

    def _doubt(self, symbol: int, price: float) -> None:
        self._in_a_row[symbol] = self._in_a_row.get(symbol, 0) + 1
        if self._in_a_row[symbol] >= CONVINCED_BY:
            self._known[symbol] = price
            del self._in_a_row[symbol]

    def _make_room(self, symbol: int) -> None:
        if symbol >= len(self._known):
            self._known = np.concatenate([self._known, np.zeros(symbol + 64 - len(self._known))])
