"""The limits: how much of each is used, and how near the breaker is, for the Health page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from domain.breaker import ORDER_FAILURES, BreakerStatus
from orders.access import HasAccess
from orders.usage import usage

FRESH_S: Final = 1.0


class LimitsDesk:
    """Reckons the use of limits at most once a second, however many pages ask. Safe to use from several threads."""

    def __init__(self, access: HasAccess, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._access, self._monotonic = access, monotonic
        self._lock = threading.Lock()
        self._at = -FRESH_S
        self._symbol, self._rows = "", list[list[Any]]()

    def part(self, account_id: str, symbol: str) -> dict[str, Any]:
        """[name, used or null, limit, unit] of every limit; [open, failures, failures that open it] of the breaker."""
        with self._lock:
            if symbol != self._symbol or self._monotonic() - self._at >= FRESH_S:
                self._rows = self._uses(account_id, symbol)
                self._at, self._symbol = self._monotonic(), symbol
            return {"limits": self._rows, "breaker": breaker_row(self._access.breaker.status())}

    def _uses(self, account_id: str, symbol: str) -> list[list[Any]]:
        now = self._access.look.at(self._access.journal, account_id, symbol)
        rows = usage(now)
        return [
            [each.name, None if each.used is None else float(each.used), float(each.limit), each.unit] for each in rows
        ]


def breaker_row(status: BreakerStatus) -> list[Any]:
    """[open, failures in a row, failures that open it]."""
    return [int(status.is_open), status.failures, ORDER_FAILURES]


def breaker_words(status: BreakerStatus) -> str:
    """Why it is open, as a sentence; empty while it is closed."""
    last = f" The last: {status.why.rstrip('.')}." if status.why else ""
    return f"{status.failures} orders failed in a row.{last} Orders stop until you reset." if status.is_open else ""
