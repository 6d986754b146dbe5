"""The last rows: of each symbol the newest so many of a kind, in one table, so that a batch of all symbols is taken in one go."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.tick import Records

Symbols = NDArray[np.int64]

_FIRST = np.zeros(1, np.int64)


class LastRows:
    """At most `keep` rows a symbol (by its index). What a symbol never used of its room takes no memory."""

    def __init__(self, symbols: int, keep: int, kind: np.dtype[Any]) -> None:
        self._keep = keep
        self._table: Records = np.zeros((symbols, keep), kind)
        self._counts = np.zeros(symbols, np.int64)

    def add(self, symbols: Symbols, new: Records) -> None:
        """Take rows, those of one symbol side by side and the newest of it last."""
        if not len(symbols):
            return
        begins = np.concatenate([_FIRST, np.flatnonzero(symbols[1:] != symbols[:-1]) + 1])
        counts = np.empty_like(begins)
        counts[:-1], counts[-1] = begins[1:] - begins[:-1], len(symbols) - begins[-1]
        ranks = np.arange(len(symbols)) - np.repeat(begins, counts)
        # of several rows for one place numpy keeps the last, which is the newest
        rows.put(self._table, (symbols, (self._counts[symbols] + ranks) % self._keep), new)
        self._counts[symbols[begins]] += counts

    def of(self, symbol: int) -> Records:
        """The rows of a symbol, oldest first."""
        count = int(self._counts[symbol])
        if count <= self._keep:
            return rows.copy(self._table[symbol, :count])
        begins = count % self._keep
        return rows.stack([self._table[symbol, begins:], self._table[symbol, :begins]])

    def newest(self, symbols: Symbols) -> Records:
        """The newest row of each of some symbols; zeros where there is none."""
        return rows.pick(self._table, (symbols, (self._counts[symbols] - 1) % self._keep))

    def drop_newest(self, symbols: Symbols) -> None:
        """Forget the newest row of each of some symbols, named once, for a newer one that follows at once."""
        self._counts[symbols] -= 1

    def begin_with(self, symbol: int, kept: Records) -> None:
        """Take the rows, at most `keep`, of a symbol that has none yet."""
        rows.put(self._table, (symbol, slice(len(kept))), kept)
        self._counts[symbol] = len(kept)
