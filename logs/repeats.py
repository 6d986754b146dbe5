"""Repeats: an error that happens at every look is told with its traceback once in ten seconds, and how often it was since."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

QUIET_S: Final = 10.0
MOST_KINDS: Final = 1_000
DECIDED: Final = "repeats_lets_through"
"""The attribute of a record that was decided on: every handler asks, all get the same answer."""


class Repeats(logging.Filter):
    """One for all handlers. Lines without an error always pass: no step of an order is ever left out."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line passes; one that does says how many were left out before it."""
        if not hasattr(record, DECIDED):
            setattr(record, DECIDED, not _tells_an_error(record) or self._is_due(record))
        return bool(getattr(record, DECIDED))

    def _is_due(self, record: logging.LogRecord) -> bool:
        event = record.msg["event"] if isinstance(record.msg, dict) else record.msg
        kind, now = (record.name, str(event)), self._monotonic()
        told_at, left_out = self._seen.get(kind, (-QUIET_S, 0))
        if now - told_at < QUIET_S:
            self._seen[kind] = told_at, left_out + 1
            return False
        if len(self._seen) >= MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = now, 0
        if left_out:
            _say(record, left_out)
        return True


def _tells_an_error(record: logging.LogRecord) -> bool:
    """Crashes are no repeats: each ends something."""
    if record.levelno >= logging.CRITICAL:
        return False
    return bool(record.exc_info or (isinstance(record.msg, dict) and record.msg.get("exc_info")))


def _say(record: logging.LogRecord, left_out: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "left_out": left_out}
    else:
        record.msg, record.args = f"{record.getMessage()} ({left_out} more were left out)", ()
