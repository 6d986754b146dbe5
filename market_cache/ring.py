"""The ring of segments: which of them are in the store, and which must go for the next; what went is counted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment in the ring: its number, its size in bytes, its ticks."""

    seq: int
    size: int
    ticks: int


class Ring:
    """At most `slots` segments and `limit` bytes. `retired` counts the ticks that went by this rule."""

    def __init__(self, slots: int, limit: int) -> None:
        self.slots, self._limit = slots, limit
        self.retired = 0
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def must_go(self, new: Entry) -> list[int]:
        """The slots to empty when a segment comes; the slot that it takes itself is not among them."""
        return [entry.seq % self.slots for entry in self._surplus(new) if (entry.seq - new.seq) % self.slots]

    def oldest_beside(self, new: Entry) -> int:
        """The number of the oldest segment that is left when a segment comes."""
        surplus = len(self._surplus(new))
        return self._entries[surplus].seq if surplus < len(self._entries) else new.seq

    def add(self, new: Entry) -> None:
        """The segment is in the store, and what had to go is not."""
        for entry in self._surplus(new):
            self._entries.popleft()
            self._bytes -= entry.size
            self.retired += entry.ticks
        self._entries.append(new)
        self._bytes += new.size

    def _surplus(self, new: Entry) -> list[Entry]:
        surplus: list[Entry] = []
        held = self._bytes + new.size
        for count, entry in enumerate(self._entries):
            if held <= self._limit and len(self._entries) - count < self.slots:
                break
            surplus.append(entry)
            held -= entry.size
        return surplus
