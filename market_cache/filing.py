"""The filing: closed bars that readers have from segments and that are not in the series yet.

A series is a chain of chunks, and a chunk is rewritten whole. Were that done for each bar, 10,000 symbols that close a bar each
second would cost 10,000 rewrites a second. So bars wait, half a second at least, and are put into their series in rounds, a part
with each publication. Where there are very many series the rounds are longer, so that a chunk is rewritten for several bars. Until
then the segments hold them.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Final

import numpy as np

from domain import rows
from domain.closed_bar import CLOSED_BAR
from domain.interval import INTERVALS
from domain.tick import Records

ROUND_S: Final = 0.5
SERIES_A_SECOND: Final = 4_000
"""A round lasts as long as its series take at this rate ..."""

LONGEST_ROUND_S: Final = 5.0

LONGEST_ROUND: Final = 1_000
"""... and this many publications at most: a reader that begins goes through what is in no series yet."""

SERIES_A_PART: Final = 16
"""At least; a series costs 0.03 ms, and a publication should not take milliseconds longer for it."""

PARTS_A_ROUND: Final = 256
"""At most: a round of very many series must be over before the next is due."""

NOTHING: Final = np.zeros(0, CLOSED_BAR)


class Filing:
    """Bars in order of publication. `filed` is the seq up to which all are in their series."""

    def __init__(self, filed: int) -> None:
        self.filed = filed
        self._waiting: list[Records] = []
        self._parts: deque[Records] = deque()
        self._newest = self._newest_of_round = filed
        self._begun_at = -LONGEST_ROUND_S
        self._series = 0

    @property
    def all_filed(self) -> bool:
        """Whether nothing waits."""
        return not (self._waiting or self._parts)

    def add(self, seq: int, closed: Records) -> None:
        """Take what a publication closed or changed."""
        self._newest = seq
        if len(closed):
            self._waiting.append(closed.copy())  # the caller may use its array again
        elif self.all_filed:
            self.filed = seq

    def part(self) -> Records:
        """What is to be put into series next, whole series each; `took` says that it was."""
        if not self._parts and self._waiting and self._is_due:
            self._begin()
        return self._parts[0] if self._parts else NOTHING

    @property
    def _is_due(self) -> bool:
        round_s = max(ROUND_S, min(self._series / SERIES_A_SECOND, LONGEST_ROUND_S))
        return time.monotonic() - self._begun_at >= round_s or self._newest - self.filed >= LONGEST_ROUND

    def rest(self) -> Records:
        """All that waits, in order."""
        return np.concatenate([NOTHING, *self._parts, *self._waiting])

    def took(self, part: Records) -> None:
        """A part is in its series."""
        if self._parts and self._parts[0] is part:
            self._parts.popleft()
            if not self._parts:
                self.filed = self._newest if not self._waiting else self._newest_of_round

    def took_all(self) -> None:
        """Everything is in its series."""
        self._waiting, self._parts, self.filed = [], deque(), self._newest

    def _begin(self) -> None:
        self._begun_at, self._newest_of_round = time.monotonic(), self._newest
        closed, self._waiting = rows.stack(self._waiting), []
        series = closed["symbol"].astype(np.int64) * len(INTERVALS) + closed["interval"]
        order = np.argsort(series, kind="stable")
        changes = np.flatnonzero(np.diff(series[order])) + 1
        self._series = len(changes) + 1
        size = max(SERIES_A_PART, self._series // PARTS_A_ROUND + 1)
        self._parts.extend(np.split(rows.pick(closed, order), changes[size - 1 :: size]))
