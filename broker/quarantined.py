"""What was left out of the data: how much of it, why, and some of it as it came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

UNDECODABLE: Final = "undecodable"
UNKNOWN_TYPE: Final = "unknown type"
IMPOSSIBLE_TRADE: Final = "impossible trade"
IMPOSSIBLE_QUOTE: Final = "impossible quote"
IMPOSSIBLE_BAR: Final = "impossible bar"
IMPOSSIBLE_OTHER: Final = "impossible correction, limit or book"
KEPT_A_BATCH: Final = 20
"""Raw messages of a batch that are kept to be looked at; all are counted."""


class Rejected(NamedTuple):
    """A message that was left out, as it came."""

    cause: str
    raw: bytes


@dataclass(slots=True)
class Quarantined:
    """What was left out: how much of it by cause, and some of it raw."""

    counts: Counter[str] = field(default_factory=Counter)
    raw: list[Rejected] = field(default_factory=list)

    def add(self, cause: str, raw: bytes) -> None:
        """Leave one message out."""
        self.counts[cause] += 1
        if len(self.raw) < KEPT_A_BATCH:
            self.raw.append(Rejected(cause, raw))
