"""Turns: how many orders of one process may wait for the broker at once.

Whoever sends an order holds a thread of the process until the broker answers, which takes 10 s where it does not. The
others belong to those who read, and who cancel.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

MOST: Final = 6
MOST_WITH_EXITS: Final = 8
"""Orders that may wait at once, and so many with those that make a position smaller."""

PATIENCE_S: Final = 0.7
"""A broker that has answered nobody for so long is not waited for: a page must be answered within a second."""

LONGEST_WAIT_S: Final = 1.5


@dataclass(slots=True)
class Turn:
    """One order's. `others` are under way already; `held` is whether this one counts among them."""

    turns: Turns
    others: int
    held: bool

    def take(self) -> None:
        """It is sent, though it had to pass those that wait: an exit."""
        if not self.held:
            self.turns.enter()
            self.held = True

    @property
    def ahead(self) -> int:
        """How many wait for the broker now, this one not counted."""
        return self.others if self.held else self.turns.under_way


class Turns:
    """One a process, shared by its threads."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.under_way = 0
        self._patience_s, self._moved_at = patience_s, time.monotonic()
        self._change = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A turn to check and send an order. Waits a moment while the broker answers others; never longer than 1.5 s."""
        made = self._wait()
        try:
            yield made
        finally:
            if made.held:
                self._leave()

    def enter(self) -> None:
        """One more is under way."""
        with self._change:
            self.under_way += 1
            self._moved_at = time.monotonic()

    def _leave(self) -> None:
        with self._change:
            self.under_way -= 1
            self._moved_at = time.monotonic()
            self._change.notify_all()

    def _wait(self) -> Turn:
        """Who came first goes first, or one could be passed by again and again until its time is over."""
        me, end = object(), time.monotonic() + LONGEST_WAIT_S
        with self._change:
            self._queue.append(me)
            try:
                while self.under_way >= MOST or self._queue[0] is not me:
                    left_s = min(end, self._moved_at + self._patience_s) - time.monotonic()
                    if left_s <= 0:
                        return Turn(self, self.under_way, held=False)
                    self._change.wait(left_s)
                self.under_way += 1
                self._moved_at = time.monotonic()
                return Turn(self, self.under_way - 1, held=True)
            finally:
                self._queue.remove(me)
                self._change.notify_all()
