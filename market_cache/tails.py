"""The tails of all symbols. Ticks wait until somebody asks for a tail, or until there are many: then all are taken in one go."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import Bar
from domain.session import NS_PER_SECOND
from domain.tick import TICK, Kind, Records
from market_cache.additions import Additions
from market_cache.last_rows import LastRows
from market_cache.segment import Part
from market_cache.tail import (
    PRINT,
    PRINTS,
    SPREAD,
    SPREADS,
    Print,
    last_of_seconds,
    newer,
    prints_of,
    spreads_of,
)

CLOSED: Final = 600
WAITING: Final = 4_096
"""Ticks that wait at most: 256 kB. More at a time cost no less each."""

ClosedBars = deque[tuple[int, int, Bar]]
"""Seq of the publication, ordinal, bar."""

_TRADE: Final = int(Kind.TRADE)


class Tails:
    """The tails by the symbol's index; that of None is empty. `changed_at` holds the seq of the newest event of each symbol."""

    def __init__(self, symbols: int) -> None:
        self.changed_at = np.zeros(symbols, np.int64)
        self._prints, self._spreads = LastRows(symbols, PRINTS, PRINT), LastRows(symbols, SPREADS, SPREAD)
        self._closed: dict[tuple[int | None, str], ClosedBars] = {}
        self._narrow = np.uint16 if symbols <= 2**16 else np.int64  # 16 bits are sorted in one pass
        self._ticks, self._seqs, self._count = np.zeros(WAITING, TICK), np.zeros(WAITING, np.int64), 0

    def add(self, added: Additions) -> None:
        """Take ticks of any symbols."""
        self.changed_at[added.ticks["symbol"]] = added.seqs
        for begin in range(0, len(added.ticks), WAITING):
            self._put(added.ticks[begin : begin + WAITING], added.seqs[begin : begin + WAITING])

    def add_closed(self, segment: Part, intervals: tuple[str, ...]) -> None:
        """Take the bars that one segment closed or changed."""
        for row in segment.closed:
            index, interval = int(row["symbol"]), intervals[int(row["interval"])]
            self.changed_at[index] = segment.seq
            bar: Any = row["bar"]
            bars = self._closed.setdefault((index, interval), deque(maxlen=CLOSED))
            bars.append((segment.seq, int(row["ordinal"]), bar))

    def prints(self, index: int | None, seq: int) -> list[Print]:
        """The prints of a symbol after `seq`, oldest first; the last 200 are known."""
        return [Print(*row) for row in self._newer(self._prints, index, seq)]

    def spreads(self, index: int | None, seq: int) -> list[tuple[int, float]]:
        """(ts_event, spread in USD) of a symbol after `seq`, one a market second; the last 600 are known."""
        return [row[1:] for row in self._newer(self._spreads, index, seq)]

    def closed(self, index: int | None, interval: str) -> ClosedBars:
        """The bars of a symbol that closed or changed; at most the last 600 are known."""
        return self._closed.get((index, interval), deque())

    def take_spreads(self, other: Tails, theirs: list[int], mine: list[int], until: NDArray[np.int64]) -> None:
        """Take the spreads of symbols out of other tails, up to an instant (ns) each: what comes later belongs to another run
        of the market."""
        other._take_waiting()
        for their_index, index, last in zip(theirs, mine, until.tolist(), strict=True):
            spreads = other._spreads.of(their_index)
            self._spreads.begin_with(index, rows.pick(spreads, spreads["ts_event"] <= last))

    def _put(self, ticks: Records, seqs: NDArray[np.int64]) -> None:
        if self._count + len(ticks) > WAITING:
            self._take_waiting()
        taken = slice(self._count, self._count + len(ticks))
        rows.put(self._ticks, taken, ticks)
        self._seqs[taken] = seqs
        self._count += len(ticks)

    def _newer(self, kept: LastRows, index: int | None, seq: int) -> list[Any]:
        if index is None:
            return []
        self._take_waiting()
        found: list[Any] = kept.of(index).tolist()
        return newer(found, seq)

    def _take_waiting(self) -> None:
        ticks, seqs, self._count = self._ticks[: self._count], self._seqs[: self._count], 0
        if len(ticks):
            symbols = ticks["symbol"].astype(self._narrow)
            order = np.argsort(symbols, kind="stable")
            is_trade = (ticks["kind"] == _TRADE)[order]
            self._take_trades(ticks, seqs, order[is_trade])
            self._take_quotes(ticks, seqs, order[~is_trade])

    def _take_trades(self, ticks: Records, seqs: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        if len(places):
            trades = rows.pick(ticks, places)
            self._prints.add(trades["symbol"].astype(np.int64), prints_of(trades, seqs[places]))

    def _take_quotes(self, ticks: Records, seqs: NDArray[np.int64], places: NDArray[np.int64]) -> None:
        if not len(places):
            return
        symbols, ts_events = ticks["symbol"][places].astype(np.int64), ticks["ts_event"][places]
        last = last_of_seconds(symbols, ts_events)
        places, symbols, seconds = places[last], symbols[last], ts_events[last] // NS_PER_SECOND
        newest = self._spreads.newest(symbols)["ts_event"]
        later = seconds - newest // NS_PER_SECOND
        self._spreads.drop_newest(symbols[(later == 0) & (newest > 0)])
        stands = later >= 0
        places = places[stands]
        self._spreads.add(symbols[stands], spreads_of(rows.pick(ticks, places), seqs[places]))
