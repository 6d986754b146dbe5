"""The phase of the market: whether shares trade now, and in which hours."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where the market's time stands. What is unknown counts as closed."""

    OPEN = "open"
    EXTENDED = "extended"
    CLOSED = "closed"
    UNKNOWN = "unknown"
