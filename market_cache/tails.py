"""The tails of all symbols. A tail is brought up to date when it is asked for: most symbols are not looked at most of the time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from market_cache.additions import Additions, by_symbol
from market_cache.segment import Segment
from market_cache.tail import Tail

PENDING_TICKS: Final = 20_000
PENDING_BATCHES: Final = 100
"""What waits at most before it is given to all tails: with 100 symbols that takes a few ms, every 2 s at 10 k ticks/s."""


class Tails:
    """The tails by the symbol's index. `changed_at` holds the seq of the newest event of each symbol."""

    def __init__(self, symbols: int) -> None:
        self.changed_at = np.zeros(symbols, np.int64)
        self._tails: dict[int, Tail] = {}
        self._pending: list[Additions] = []
        self._taken: dict[int, int] = {}
        self._count = 0

    def add(self, added: Additions) -> None:
        """Take ticks of any symbols."""
        self.changed_at[added.ticks["symbol"]] = added.seqs
        self._pending.append(added)
        self._count += len(added.ticks)
        if self._count > PENDING_TICKS or len(self._pending) > PENDING_BATCHES:
            self._give_to_all()

    def add_closed(self, segment: Segment, intervals: tuple[str, ...]) -> None:
        """Take the bars that one segment closed or changed."""
        for row in segment.closed:
            index = int(row["symbol"])
            self.changed_at[index] = segment.seq
            bar: Any = row["bar"]
            self.of(index).add_closed(segment.seq, intervals[int(row["interval"])], int(row["ordinal"]), bar)

    def of(self, index: int) -> Tail:
        """The tail of one symbol, with everything that came."""
        tail = self._tails.setdefault(index, Tail())
        for added in self._pending[self._taken.get(index, 0) :]:
            mine = added.of(index)
            if len(mine.ticks):
                tail.add_ticks(mine.seqs, mine.ticks)
        self._taken[index] = len(self._pending)
        return tail

    def _give_to_all(self) -> None:
        for index in self._taken:
            self.of(index)
        for index, added in by_symbol(self._pending):
            if index not in self._taken:
                self._tails.setdefault(index, Tail()).add_ticks(added.seqs, added.ticks)
        self._pending, self._taken, self._count = [], {}, 0
