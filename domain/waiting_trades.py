"""The trades that wait: of one second, whose bars form already or begin, so that nobody misses them yet."""

from __future__ import annotations

from typing import Final

import numpy as np

from domain import rows
from domain.session import NS_PER_SECOND
from domain.tick import Records

MOST: Final = 8_192
"""Trades that wait at most: half a megabyte."""

NEVER: Final = np.iinfo(np.int64).max


class WaitingTrades:
    """Batches of trades in order of arrival, all of one second, the newest that there was. False while there are none."""

    def __init__(self) -> None:
        self._batches: list[Records] = []
        self._count = 0
        self._second = 0

    def __bool__(self) -> bool:
        return self._count > 0

    @property
    def until(self) -> int:
        """The end (ns) of their second, at which they must be in the bars that close then."""
        return self._second + NS_PER_SECOND if self._count else NEVER

    def add(self, trades: Records, closed_until: int, first_end: int) -> bool:
        """Take trades (at least one) if they may wait: if they can neither close a bar nor amend one.

        Every bar that ended at `closed_until` (ns) is closed; the first of those that form ends at `first_end` (ns).
        """
        times = trades["ts_event"]
        oldest, newest = int(times.min()), int(times.max())
        second = oldest - oldest % NS_PER_SECOND
        fits = second == self._second and self._count + len(trades) <= MOST if self._count else second >= self._second
        if not fits or newest >= second + NS_PER_SECOND:
            return False
        if second >= first_end or second + NS_PER_SECOND <= closed_until:
            return False
        self._second = second
        self._batches.append(trades)
        self._count += len(trades)
        return True

    def take(self) -> Records:
        """All that wait (at least one); none waits any longer."""
        batches, self._batches, self._count = self._batches, [], 0
        return rows.stack(batches)

    def passed_by(self, trades: Records) -> None:
        """Trades did not wait: older ones must not either."""
        newest = int(trades["ts_event"].max())
        self._second = max(self._second, newest - newest % NS_PER_SECOND)

    def begin_anew(self) -> None:
        """The market's time may go back now. Nothing may wait."""
        self._second = 0
