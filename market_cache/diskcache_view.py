"""The view of a diskcache directory: plain SQLite, read-only, because opening diskcache itself would write its settings."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import diskcache

from market_cache.fault import fault_of
from market_cache.store import Key

SELECT: Final = "SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND"


class DiskcacheView:
    """A ReadableStore. Every read is one SELECT, so it sees one state of the store.

    A store that is not there yet reads as empty, and one that was deleted and made again is opened anew.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / diskcache.core.DBNAME
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self.problem = ""

    def get(self, *keys: Key) -> dict[Key, bytes] | None:
        """The values of those keys that are there, all of one moment; rows of strangers are as good as none."""
        return self._rows(f"{SELECT} key IN ({','.join('?' * len(keys))})", keys)

    def run(self, first: int, last: int) -> dict[Key, bytes] | None:
        """As `get` of all whole numbers from first to last, in two thirds of the time."""
        return self._rows(f"{SELECT} key BETWEEN ? AND ?", (first, last))

    def get_with_run(self, key: Key, first: int, last: int) -> dict[Key, bytes] | None:
        """As `run`, and one key more, by one statement."""
        return self._rows(f"{SELECT} key = ? UNION ALL {SELECT} key BETWEEN ? AND ?", (key, first, last))

    def _rows(self, query: str, values: tuple[Key, ...]) -> dict[Key, bytes] | None:
        self.problem = ""
        try:
            connection = self._connect()
            if connection is None:
                return {}
            rows = connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self.close()
            self.problem = f"{fault_of(error)}."
            return None
        return {key: value for key, value in rows if isinstance(value, bytes)}

    def close(self) -> None:
        """Let go of the connection; the next read makes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._inode = None

    def _connect(self) -> sqlite3.Connection | None:
        try:
            inode = self._path.stat().st_ino
        except OSError:
            self.close()
            return None
        if self._connection is None or inode != self._inode:
            self.close()
            url = f"file:{self._path}?mode=ro"
            self._connection = sqlite3.connect(url, uri=True, check_same_thread=False, timeout=0.25)
            self._inode = inode
        return self._connection
