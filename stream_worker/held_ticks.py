"""The ticks that wait for the cache: all of them for long, then the newest quote a symbol, then the newest trades."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from domain import rows
from domain.conflation import newest_quotes
from domain.tick import Records
from market_cache.writer import NO_TICKS

LIMIT: Final = 500_000
"""Ticks held at most: 32 MB."""

RECENT: Final = 50_000

log = structlog.get_logger()


class HeldTicks:
    """A queue of ticks in order of arrival. `conflated` counts quotes that newer ones replaced, `dropped` trades that are lost
    to the tape; neither happens before `limit` is reached. Bars lose nothing: they are made elsewhere."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._batches: list[Records] = []
        self._count = 0
        self.conflated = self.dropped = 0
        self.since = 0

    def __len__(self) -> int:
        return self._count

    def add(self, ticks: Records, ts_recv: int) -> None:
        """Take ticks in; `ts_recv` (ns) is when they came. `since` is that of the oldest."""
        if not len(ticks):
            return
        self.since = self.since or ts_recv
        self._batches.append(ticks)
        self._count += len(ticks)
        if self._count > self._limit:
            self._shrink()

    def take(self, count: int) -> Records:
        """The oldest so many; they are held no more."""
        whole = self._joined()
        self._put_back(whole[count:])
        return whole[:count]

    def put_first(self, *ticks: Records) -> None:
        """Take ticks in that came before all that is held."""
        self._batches[:0] = [batch for batch in ticks if len(batch)]
        self._count = sum(map(len, self._batches))

    def move(self, places: NDArray[np.int64]) -> None:
        """The symbols have other places now (`places` by the old one, -1 for one that is gone)."""
        self._put_back(moved(self._joined(), places))

    def _joined(self) -> Records:
        if len(self._batches) == 1:
            return self._batches[0]
        joined: Records = np.concatenate([NO_TICKS, *self._batches])
        return joined

    def _put_back(self, ticks: Records) -> None:
        self._batches, self._count = ([ticks] if len(ticks) else []), len(ticks)
        self.since = self.since if self._count else 0

    def _shrink(self) -> None:
        """Make room to nine tenths, so that this is not done for each new tick."""
        held, replaced = newest_quotes(self._joined())
        self.conflated += replaced
        room = self._limit * 9 // 10
        if len(held) > self._limit:
            lost = len(held) - room
            self.dropped += lost
            log.error("the cache cannot be written for too long; the oldest trades are dropped", dropped=self.dropped)
            held = held[lost:]
        self._put_back(held)


class RecentTicks:
    """The last ticks that were published, for a cache that must be made anew: its tape begins where the old one ended."""

    def __init__(self, limit: int = RECENT) -> None:
        self._limit = limit
        self._batches: deque[Records] = deque()
        self._count = 0

    def add(self, ticks: Records) -> None:
        """Remember ticks; the oldest batches beyond the limit are forgotten."""
        if len(ticks):
            self._batches.append(ticks)
            self._count += len(ticks)
        while self._count > self._limit and len(self._batches) > 1:
            self._count -= len(self._batches.popleft())

    def move(self, places: NDArray[np.int64]) -> None:
        """The symbols have other places now (`places` by the old one, -1 for one that is gone)."""
        self._batches = deque(moved(batch, places) for batch in self._batches)
        self._count = sum(map(len, self._batches))

    def take(self) -> Records:
        """All of them, oldest first; none are remembered any more."""
        batches, self._batches, self._count = self._batches, deque(), 0
        joined: Records = np.concatenate([NO_TICKS, *batches])
        return joined


def moved(ticks: Records, places: NDArray[np.int64]) -> Records:
    """The ticks with the new places of their symbols; those of symbols that are gone are left out."""
    now = places[ticks["symbol"]]
    kept = rows.pick(ticks, now >= 0)
    kept["symbol"] = now[now >= 0]
    return kept
