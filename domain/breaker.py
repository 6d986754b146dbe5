"""The breakers: after so many failures in a row, no new risk is taken until somebody has looked, or the failures end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ORDER_FAILURES: Final = 5
"""Orders in a row that the broker refused or gave no clear answer to. Stays open until somebody closes it."""

STREAM_FAILURES: Final = 10
"""Connections of a stream in a row that did not hold. Closes by itself as soon as one does."""


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """`failures` in a row until now (or, once open, until it opened); `why` is the last of them."""

    is_open: bool = False
    failures: int = 0
    why: str = ""

    @property
    def state(self) -> str:
        """`open` or `closed`, as the status tells it."""
        return "open" if self.is_open else "closed"


CLOSED: Final = BreakerStatus()
"""No failure yet."""
