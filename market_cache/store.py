"""The store: a diskcache directory that holds bytes only, and a read-only view of it.

The settings and their reasons (all measured, docs/decisions.md): values stay inside SQLite, because values in files are
lost when a writer dies in a transaction; no eviction and no culling, because the ring and the retention of bars bound the
size; no statistics, because they turn every read into a write; no pickle, because a crafted row would run code.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import diskcache

from domain.errors import SettingsError

Key = str | int

SCHEME: Final = "diskcache:"


class BytesDisk(diskcache.Disk):  # type: ignore[misc]
    """A disk that stores bytes under text or integer keys, and refuses pickles and files (CVE-2025-69872)."""

    def put(self, key: Key) -> tuple[Any, bool]:
        """The key as SQLite keeps it. TypeError for anything but text and integers."""
        if not isinstance(key, str | int):
            raise TypeError(f"a cache key is text or an integer, not {type(key).__name__}")
        return key, True

    def get(self, key: Key, raw: bool) -> Key:
        """The key as it was put."""
        if not raw:
            raise TypeError("the cache holds a key that this program did not write")
        return key

    def store(self, value: bytes, read: bool, key: object = None) -> tuple[int, int, None, bytes]:
        """The value as SQLite keeps it. TypeError for anything but bytes."""
        if read or not isinstance(value, bytes):
            raise TypeError("the cache holds bytes only")
        return 0, diskcache.core.MODE_RAW, None, value

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> bytes:
        """The value as it was stored."""
        if mode != diskcache.core.MODE_RAW or filename is not None or not isinstance(value, bytes):
            raise TypeError("the cache holds a value that this program did not write")
        return value


def directory_of(cache_url: str) -> Path:
    """The directory that a CACHE_URL names."""
    if not cache_url.startswith(SCHEME) or len(cache_url) == len(SCHEME):
        raise SettingsError(f"CACHE_URL: {cache_url!r} is not of the form diskcache:DIRECTORY")
    return Path(cache_url.removeprefix(SCHEME))


class WritableStore:
    """The store as its one writer sees it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / diskcache.core.DBNAME
        self._cache = _open_cache(directory)
        self._inode = self._inode_now()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All puts and deletes inside become visible together, or none does."""
        with self._cache.transact(retry=False):
            yield

    def put(self, key: Key, value: bytes) -> None:
        """Set one value; at once if outside a transaction."""
        self._cache.set(key, value, retry=False)

    def get(self, key: Key) -> bytes | None:
        """One value, or None."""
        try:
            value: bytes | None = self._cache.get(key)
        except TypeError:
            return None  # a stranger's row: as good as none
        return value

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove keys; those that are not there are passed over."""
        for key in keys:
            self._cache.delete(key, retry=False)

    def numbers(self) -> list[int]:
        """Every key that is an integer, in no order."""
        rows = self._cache._sql("SELECT key FROM Cache WHERE raw = 1 AND typeof(key) = 'integer'").fetchall()
        return [key for (key,) in rows]

    def clear(self) -> None:
        """Remove everything."""
        self._cache.clear(retry=False)

    @property
    def lost(self) -> bool:
        """Whether the file under this store was deleted or replaced: what is written then reaches nobody."""
        return self._inode_now() != self._inode

    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""
        self._cache.close()

    def _inode_now(self) -> int | None:
        try:
            return os.stat(self._path).st_ino
        except OSError:
            return None


def _open_cache(directory: Path) -> diskcache.Cache:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(directory, 0o700)
        return diskcache.Cache(
            str(directory),
            disk=BytesDisk,
            timeout=0.25,  # the event loop of the worker waits so long
            eviction_policy="none",
            cull_limit=0,
            statistics=0,
            size_limit=2**40,
            disk_min_file_size=2**30,
            sqlite_synchronous=1,
        )
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"CACHE_URL: the folder {directory} cannot be used: {error}") from error


class ReadOnlyStore:
    """The store as a reader sees it. Opening never waits for the writer: diskcache itself would write its settings.

    Every read is one SELECT, so it sees one state of the store. A store that is not there yet reads as empty, and one
    that was deleted and made again is opened anew.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / diskcache.core.DBNAME
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None

    def get(self, *keys: Key) -> dict[Key, bytes]:
        """The values of those keys that are there, all of one moment."""
        connection = self._connect()
        if connection is None:
            return {}
        marks = ",".join("?" * len(keys))
        query = f"SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND key IN ({marks})"
        try:
            rows = connection.execute(query, keys).fetchall()
        except sqlite3.Error:
            self.close()
            return {}
        return {key: value for key, value in rows if isinstance(value, bytes)}

    def close(self) -> None:
        """Forget the connection; the next read opens a new one."""
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
            try:
                self._connection = sqlite3.connect(
                    f"file:{self._path}?mode=ro", uri=True, check_same_thread=False, timeout=1
                )
            except sqlite3.Error:
                return None
            self._inode = inode
        return self._connection
