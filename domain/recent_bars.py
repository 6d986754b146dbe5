"""The recent bars: what closed last in each slot, in one table, so that bars of all symbols are added in one go.

A series is an array of its own, and adding a bar to each of 10,000 costs 10,000 steps. Here a slot has room for some bars; only
when it is full, or when somebody asks for it, they go to their series together.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import BAR, Bars
from domain.forming_bars import Slots

ROOM: Final = 8
"""Bars a slot."""


class RecentBars:
    """At most ROOM bars a slot, oldest first. What a slot never used of its room takes no memory."""

    def __init__(self, slots: int) -> None:
        self._table: Bars = np.zeros((slots, ROOM), BAR)
        self._counts = np.zeros(slots, np.int64)

    def add(self, slots: Slots, ranks: NDArray[np.int64], bars: Bars) -> None:
        """Take bars for slots that have room for them; the first of a slot has rank 0, the next 1, and so on."""
        places = self._counts[slots] + ranks
        rows.put(self._table, (slots, places), bars)
        self._counts[slots] = (
            places + 1
        )  # of several rows for one slot numpy keeps the last, which has the highest place

    def have_room(self, slots: Slots, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether slots (each once) have room for so many more."""
        room: NDArray[np.bool_] = self._counts[slots] + counts <= ROOM
        return room

    def any_of(self, slot: int) -> bool:
        """Whether a slot has any."""
        return bool(self._counts[slot])

    def take(self, slot: int) -> Bars:
        """The bars of a slot; it has none afterwards."""
        count = int(self._counts[slot])
        self._counts[slot] = 0
        return rows.copy(self._table[slot, :count])
