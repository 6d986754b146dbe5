"""The mood of a pit: how it differs from usual for a while, because a scenario wants it so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mood:
    """Factors on what is usual: the spread, the shares that makers and visitors show, the trades a second."""

    spread: float = 1.0
    depth: float = 1.0
    pace: float = 1.0


USUAL = Mood()
