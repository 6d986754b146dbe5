"""The carrier of the log: copies SQLite's write-ahead log into the file, in a thread, while the writer goes on writing.

On the writer's own thread it would stop the event loop for as long as two calls of fsync take, 10 to 30 ms each time.
"""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

PAGE_BYTES: Final = 4096


class FileState(NamedTuple):
    """What shows that a file was changed: when, in nanoseconds, and its size; zeros if it is not there."""

    mtime_ns: int = 0
    size: int = 0


class Carried(NamedTuple):
    """What came of it: the size of the log, whether all of it is in the file now, and the file right after it."""

    log_bytes: int
    whole: bool
    file: FileState


class LogCarrier:
    """A connection of its own, used by one thread. To be made when the file is there; `close` waits for what is under way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = NORMAL")
        # this opens the log: later another may lie there
        self._connection.execute("SELECT count(*) FROM Settings").fetchall()
        self._thread = ThreadPoolExecutor(1, "log carrier")
        self._under_way: Future[Carried] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is carrying now."""
        return self._under_way is not None and not self._under_way.done()

    def start(self) -> None:
        """Begin to carry what is in the log now. It must not be busy."""
        self._under_way = self._thread.submit(carry, self._connection, self._path)

    def take_done(self) -> Carried | None:
        """What came of the last start, once it is done; None then until the next."""
        if self._under_way is None or not self._under_way.done():
            return None
        done, self._under_way = self._under_way.result(), None
        return done

    def close(self) -> None:
        """Let go of the file."""
        self._thread.shutdown()
        with suppress(sqlite3.Error):
            self._connection.close()


def carry(connection: sqlite3.Connection, path: Path) -> Carried:
    """Copy as much of the log into the file as readers allow. If that fails, the log only grows and nothing is lost."""
    log_pages, whole = 0, False
    with suppress(sqlite3.Error):
        ((busy, log_pages, carried),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        whole = not busy and log_pages == carried
    return Carried(max(log_pages, 0) * PAGE_BYTES, whole, state_of(path))


def state_of(path: Path) -> FileState:
    """The state of a file."""
    with suppress(OSError):
        found = os.stat(path)
        return FileState(found.st_mtime_ns, found.st_size)
    return FileState()
