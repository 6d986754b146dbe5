"""The state of a symbol: halted or trading, and the prices between which it may trade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HALTS: Final = frozenset({"2", "H", "P", "F"})
"""Status codes that stop trading: CTA 2 and F (limit up-limit down), UTP H and P (Alpaca's streaming documentation)."""

TRADES_AGAIN: Final = frozenset({"3", "T"})
"""Codes that let trading begin again: CTA 3 resume, UTP T trading resumption. UTP Q resumes quotes only."""


@dataclass(frozen=True, slots=True)
class SymbolState:
    """What is out of the ordinary with a symbol. `since` is nanoseconds UTC of the last change of status, 0 = none came.

    `limit_up` and `limit_down` are the limit up-limit down band in USD, 0 = unknown. `silent`: nothing came from this
    symbol for long although others go on and history has newer trades.
    """

    halted: bool = False
    status: str = ""
    reason: str = ""
    since: int = 0
    limit_up: float = 0.0
    limit_down: float = 0.0
    indicator: str = ""
    silent: bool = False
