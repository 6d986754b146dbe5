"""The fault of a cache: why it cannot be written or read now, in words that can be shown."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import Final

from domain.errors import TickdeskError


class Trouble(StrEnum):
    """What is wrong; the text is a sentence without its full stop."""

    LOCKED = "The cache is locked by another program"
    FULL = "The disk of the cache is full"
    READ_ONLY = "The cache is read-only"
    DAMAGED = "The cache is damaged"
    GONE = "The cache was deleted or replaced"
    AWAY = "The cache does not answer"
    OTHER = "The cache cannot be used"


class CacheFault(TickdeskError):
    """Nothing of what was being written is visible, except after AWAY: then nobody knows yet. Will be tried again."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(f"{trouble.value} ({detail})" if detail else trouble.value)
        self.trouble = trouble


_TROUBLES: Final = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
}


def fault_of(error: BaseException) -> CacheFault:
    """The fault behind an error of SQLite or diskcache, which hides the cause in what it raises (diskcache 5.6.3)."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    codes = [getattr(each, "sqlite_errorcode", 0) & 0xFF for each in reversed(chain)]
    trouble = next((_TROUBLES[code] for code in codes if code in _TROUBLES), Trouble.OTHER)
    detail = next((str(each) for each in reversed(chain) if isinstance(each, sqlite3.Error)), type(error).__name__)
    return CacheFault(trouble, detail)
