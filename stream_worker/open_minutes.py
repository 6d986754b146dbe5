"""The minutes that history must be asked about: kept until it answers, and not without end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import structlog

MOST: Final = 10_000
"""Minutes that wait at most: an hour of a hundred and fifty symbols, in which history did not answer once."""

Minute = tuple[str, int]
"""Symbol and start (ns)."""

log = structlog.get_logger()


class OpenMinutes:
    """Minutes in the order in which they came, each once. Beyond `most` the oldest are given up; `add` says how many."""

    def __init__(self, what: str, most: int = MOST) -> None:
        self._what, self._most = what, most
        self._minutes: dict[Minute, None] = {}
        self._full = False

    def __bool__(self) -> bool:
        return bool(self._minutes)

    def __len__(self) -> int:
        return len(self._minutes)

    @property
    def symbols(self) -> set[str]:
        """The symbols of them."""
        return {symbol for symbol, _ in self._minutes}

    @property
    def first(self) -> int:
        """The earliest start (ns); there must be one."""
        return min(start for _, start in self._minutes)

    def add(self, minutes: Iterable[Minute]) -> int:
        """Keep minutes; how many older ones were given up for them."""
        self._minutes.update(dict.fromkeys(minutes))
        surplus = len(self._minutes) - self._most
        for minute in list(self._minutes)[: max(surplus, 0)]:
            del self._minutes[minute]
        if surplus > 0 and not self._full:
            log.error("history does not answer; the oldest minutes are not asked about any more", which=self._what)
        self._full = self._full or surplus > 0
        return max(surplus, 0)

    def told(self) -> list[Minute]:
        """All of them, by symbol, then start."""
        return sorted(self._minutes)

    def answered(self, minutes: Iterable[Minute]) -> None:
        """History has told of these; what came meanwhile stays."""
        for minute in minutes:
            self._minutes.pop(minute, None)
        self._full = False
