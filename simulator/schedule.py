"""The schedule: what is to happen at instants of market time."""

from __future__ import annotations

import heapq
from collections.abc import Callable

Act = Callable[[], None]


class Schedule:
    """The market is played up to each instant before what is due there happens; at one instant in the order it was given."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, int, Act]] = []
        self._count = 0
        self._canceled: set[int] = set()

    def at(self, moment: int, act: Act) -> int:
        """Once, at an instant; the number to cancel it by."""
        self._count += 1
        heapq.heappush(self._entries, (moment, self._count, act))
        return self._count

    def cancel(self, number: int) -> None:
        """It will not happen, if it has not yet."""
        self._canceled.add(number)

    def next_due(self) -> int | None:
        """The instant of the next one."""
        while self._entries and self._entries[0][1] in self._canceled:
            self._canceled.discard(heapq.heappop(self._entries)[1])
        return self._entries[0][0] if self._entries else None

    def act(self, until: int) -> None:
        """Everything that is due up to an instant, that included."""
        while (due := self.next_due()) is not None and due <= until:
            heapq.heappop(self._entries)[2]()

    def clear(self) -> None:
        """Nothing will happen."""
        self._entries.clear()
        self._canceled.clear()
