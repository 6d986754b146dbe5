"""The agenda of a crowd: who acts when. What is due at the same instant happens in the order in which it was written down."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from random import Random

from domain.session import NS_PER_SECOND

Action = Callable[[int], None]
NEVER = 2**63 - 1


class Agenda:
    """Market time is all that it knows."""

    __slots__ = ("_entries", "_number", "random")

    def __init__(self) -> None:
        self.random = Random()
        self._entries: list[tuple[int, int, Action]] = []
        self._number = 0

    def clear(self) -> None:
        """Nobody will do anything."""
        self._entries.clear()

    @property
    def next_at(self) -> int:
        """When the next one acts."""
        return self._entries[0][0] if self._entries else NEVER

    def pop(self) -> tuple[int, int, Action]:
        """The next one, which is taken out."""
        return heapq.heappop(self._entries)

    def at(self, ts_event: int, action: Action) -> None:
        """Once, at an instant."""
        self._number += 1
        heapq.heappush(self._entries, (ts_event, self._number, action))

    def after(self, ts_event: int, mean_s: float, action: Action) -> None:
        """Once, after a time that is `mean_s` on average and forgets how long it has lasted."""
        wait_s = -math.log(1.0 - self.random.random()) * mean_s
        self.at(ts_event + 1 + int(wait_s * NS_PER_SECOND), action)

    def around(self, ts_event: int, median_s: float, spread: float, action: Action) -> None:
        """Once, after a time that is mostly short and sometimes long."""
        wait_s = median_s * math.exp(spread * self.random.gauss(0.0, 1.0))
        self.at(ts_event + 1 + int(wait_s * NS_PER_SECOND), action)
