"""The window of recent trades: what a bar is made anew of when one of its trades is corrected, cancelled or late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.session import NS_PER_SECOND
from domain.tick import TRADE, Records

SPAN_NS: Final = 900 * NS_PER_SECOND
"""Trades are kept this long by market time: corrections of a print mostly come within minutes of it."""

MOST_TRADES: Final = 500_000
"""Trades kept of all symbols together: 32 MB."""

CHUNK_ROWS: Final = 8_192

GONE: Final = 0
"""The `kind` of a trade that was cancelled."""


@dataclass(slots=True)
class _Chunk:
    first_row: int
    rows: Records
    size: int = 0
    oldest: int = np.iinfo(np.int64).max
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trade lies; good until the next trades are added."""

    chunk: int
    row: int


class TradeWindow:
    """Trades of all symbols in order of arrival. Adding copies the batch and no more; searching is for the rare case."""

    def __init__(self, symbols: int, span_ns: int = SPAN_NS, most_trades: int = MOST_TRADES) -> None:
        self._span_ns, self._most_chunks = span_ns, max(most_trades // CHUNK_ROWS, 1)
        self._chunks: deque[_Chunk] = deque()
        self._added = 0
        self._begins_at = np.zeros(symbols, np.int64)
        self._begins_with = np.zeros(symbols, np.int64)

    def __len__(self) -> int:
        return sum(chunk.size for chunk in self._chunks)

    def begin(self, symbol: int, start: int) -> None:
        """Forget the symbol's trades; all of them from `start` (ns) on are to follow."""
        self._begins_at[symbol], self._begins_with[symbol] = start, self._added

    def take_over(self, other: TradeWindow, places: NDArray[np.int64]) -> None:
        """Go on with another window's trades; its symbols have other places here (`places` by theirs, -1 for one that is gone).

        The other window must not be used any more.
        """
        self._chunks, self._added = other._chunks, other._added
        self._begins_with[:] = self._added
        kept = places >= 0
        self._begins_at[places[kept]], self._begins_with[places[kept]] = (
            other._begins_at[kept],
            other._begins_with[kept],
        )
        for chunk in self._chunks:
            held = chunk.rows[: chunk.size]
            now = places[held["symbol"]]
            held["kind"][now < 0] = GONE
            held["symbol"] = np.maximum(now, 0)

    def add(self, trades: Records) -> None:
        """Take TRADE records (at least one) in order of arrival."""
        oldest, newest, taken = int(trades["ts_event"].min()), int(trades["ts_event"].max()), 0
        while taken < len(trades):
            chunk = self._open_chunk()
            part = trades[taken : taken + len(chunk.rows) - chunk.size]
            rows.put(chunk.rows, slice(chunk.size, chunk.size + len(part)), part)
            chunk.size += len(part)
            chunk.oldest, chunk.newest = min(chunk.oldest, oldest), max(chunk.newest, newest)
            taken += len(part)
            self._added += len(part)

    def covers(self, symbol: int, start: int) -> bool:
        """Whether every trade of the symbol since `start` (ns) that was ever added is here still."""
        return start >= int(self._begins_at[symbol])

    def between(self, symbol: int, start: int, end: int) -> Records:
        """The trades of a symbol in [start, end) of event time, in order of arrival."""
        found = [self._of_chunk(chunk, symbol, start, end) for chunk in self._chunks]
        return rows.stack([np.zeros(0, TRADE), *found])

    def find(self, symbol: int, exchange: int, id: int) -> Place | None:
        """The place of a trade; of several (ids are unique a symbol, exchange and day) the one that came last."""
        for number in range(len(self._chunks) - 1, -1, -1):
            known = self._rows(self._chunks[number], symbol)
            hits = np.flatnonzero((known["id"] == id) & self._live(known, symbol) & (known["exchange"] == exchange))
            if len(hits):
                return Place(number, self._chunks[number].size - len(known) + int(hits[-1]))
        return None

    def at(self, place: Place) -> Any:
        """A copy of the trade at a place."""
        return self._chunks[place.chunk].rows[place.row].copy()

    def put(self, place: Place, trade: Any) -> None:
        """Put another trade of the same event time in the place of one."""
        self._chunks[place.chunk].rows[place.row] = trade

    def remove(self, place: Place) -> None:
        """Take out a trade."""
        self._chunks[place.chunk].rows["kind"][place.row] = GONE

    def _open_chunk(self) -> _Chunk:
        if not self._chunks or self._chunks[-1].size == len(self._chunks[-1].rows):
            self._drop_old()
            self._chunks.append(_Chunk(self._added, np.empty(CHUNK_ROWS, TRADE)))
        return self._chunks[-1]

    def _drop_old(self) -> None:
        while self._chunks and (len(self._chunks) >= self._most_chunks or self._is_old(self._chunks[0])):
            dropped = self._chunks.popleft()
            # whoever began since (in another run of the market, perhaps) has lost nothing
            losers = self._begins_with < dropped.first_row + dropped.size
            self._begins_at[losers] = np.maximum(self._begins_at[losers], dropped.newest + 1)

    def _is_old(self, chunk: _Chunk) -> bool:
        return chunk.newest < self._chunks[-1].newest - self._span_ns

    def _rows(self, chunk: _Chunk, symbol: int) -> Records:
        """The rows of a chunk that came since the symbol began."""
        skipped = max(int(self._begins_with[symbol]) - chunk.first_row, 0)
        return chunk.rows[min(skipped, chunk.size) : chunk.size]

    def _live(self, trades: Records, symbol: int) -> Any:
        return (trades["symbol"] == symbol) & (trades["kind"] != GONE)

    def _of_chunk(self, chunk: _Chunk, symbol: int, start: int, end: int) -> Records:
        if chunk.newest < start or chunk.oldest >= end:
            return np.zeros(0, TRADE)
        known = self._rows(chunk, symbol)
        times = known["ts_event"]
        return rows.pick(known, (times >= start) & (times < end) & self._live(known, symbol))
