"""The diskcache backend: a directory that holds bytes only.

The settings and their reasons (all measured, docs/decisions.md): values stay inside SQLite, because values in files are
lost when a writer dies in a transaction; no eviction and no culling, because the ring and the retention of bars bound the
size; no statistics, because they turn every read into a write; no pickle, because a crafted row would run code. The
write-ahead log is carried over by the store itself, so that it knows when the file was changed by anybody else.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import diskcache
import structlog

from domain.errors import SettingsError
from market_cache import bad_files
from market_cache.diskcache_view import DiskcacheView
from market_cache.fault import CacheFault, Trouble, fault_of
from market_cache.log_carrier import Carried, LogCarrier, carry, state_of
from market_cache.seal import unseal
from market_cache.store import Key

PATIENCE_S: Final = 0.05
"""How long the worker's event loop waits for a lock. Readers take none, so only a stranger can hold one."""

CARRY_OVER_BYTES: Final = 4_000_000
"""What is written before the log is carried over into the file: SQLite's own 1000 pages."""

LONGEST_LOG_BYTES: Final = 128 * 2**20
"""The log begins anew only when all of it was carried over and nothing written meanwhile. A writer that never rests lets it
grow to this; then it waits once, some 20 ms."""

_PUT: Final = """
INSERT INTO Cache(key, raw, store_time, access_time, size, mode, value) VALUES (?, 1, ?, ?, 0, ?, ?)
ON CONFLICT(key, raw) DO UPDATE SET store_time = excluded.store_time, access_time = excluded.access_time,
expire_time = NULL, access_count = 0, tag = NULL, size = 0, mode = excluded.mode, filename = NULL, value = excluded.value
"""
"""What `diskcache.Cache.set` writes for such a value, in one statement instead of two and without its share of Python."""

KEYS_A_QUERY: Final = 500
"""SQLite's own limit was 999 for long."""

PAGES_IN_MEMORY: Final = 1_024
"""4 MB. diskcache's own 32 MB, and its map of 64 MB, fill up within hours; readers have connections of their own."""

log = structlog.get_logger()


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


class DiskcacheStore:
    """A WritableStore. Content that is damaged when it is opened is set aside, and a new store is begun."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / diskcache.core.DBNAME
        self._cache = _open_cache(directory)
        self._inode = self._file().st_ino
        self._written = 0
        self._refuse_strangers()
        self._carrier = LogCarrier(self._path)
        self._state, self._commits_of_others = state_of(self._path), self._data_version()
        self._suspected = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All puts and deletes inside become visible together, or none does."""
        with self._faults(), self._cache.transact(retry=False):
            yield
        self._look_after_log()

    def put(self, key: Key, value: bytes) -> None:
        """Set one value; at once if outside a transaction."""
        self.put_many({key: value})

    def put_many(self, values: Mapping[Key, bytes]) -> None:
        """Set several values; each at once if outside a transaction."""
        disk, now = self._cache.disk, time.time()
        rows = []
        for key, value in values.items():
            _, mode, _, data = disk.store(value, False)
            rows.append((disk.put(key)[0], now, now, mode, data))
            self._written += len(value)
        with self._faults():
            self._cache._con.executemany(_PUT, rows)

    def get(self, key: Key) -> bytes | None:
        """One value, or None."""
        with self._faults():
            try:
                value: bytes | None = self._cache.get(key)
            except TypeError:
                return None  # a stranger's row: as good as none
        return value

    def get_many(self, *keys: Key) -> dict[Key, bytes]:
        """The values of those keys that are there; a stranger's row is as good as none."""
        found: dict[Key, bytes] = {}
        for begin in range(0, len(keys), KEYS_A_QUERY):
            part = keys[begin : begin + KEYS_A_QUERY]
            query = f"SELECT key, value FROM Cache WHERE raw = 1 AND mode = 1 AND key IN ({','.join('?' * len(part))})"
            with self._faults():
                found.update(self._cache._sql(query, part).fetchall())
        return {key: value for key, value in found.items() if isinstance(value, bytes)}

    def delete(self, keys: Iterable[Key]) -> None:
        """Remove keys; those that are not there are passed over."""
        with self._faults():
            self._cache._con.executemany("DELETE FROM Cache WHERE key = ? AND raw = 1", [(key,) for key in keys])

    def numbers(self) -> list[int]:
        """Every key that is an integer, in no order."""
        return [key for (key,) in self._rows("SELECT key FROM Cache WHERE raw = 1 AND typeof(key) = 'integer'")]

    def clear(self) -> None:
        """Remove everything."""
        with self._faults():
            self._cache.clear(retry=False)

    def arrived(self) -> bool:
        """Never: a transaction of SQLite that failed was rolled back."""
        return False

    def inspect(self, key: Key, value: bytes) -> None:
        """Look at the store as a reader would. A whole look at every page only if somebody else has changed the file."""
        if not self._path.exists() or self._file().st_ino != self._inode:
            raise CacheFault(Trouble.GONE)
        self._suspect_if_changed()
        if self._suspected and self._carry_over():
            log.warning("another program changed the cache; it is looked through")
            self._look_through()
            self._refuse_strangers()
            self._suspected = False
        self._look_for(key, value)

    def set_aside(self) -> None:
        """Rename the file to NAME.bad-N; the last two are kept."""
        self.close()
        try:
            bad_files.set_aside(self._path)
        except OSError as error:
            raise CacheFault(Trouble.READ_ONLY, str(error)) from error

    def close(self) -> None:
        """Close the store; it cannot be used afterwards."""
        self._carrier.close()
        with suppress(sqlite3.Error):
            self._cache.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Errors of SQLite as CacheFault. diskcache forgets a transaction whose COMMIT failed; SQLite may not have."""
        try:
            yield
        except (sqlite3.Error, diskcache.Timeout) as error:
            with suppress(sqlite3.Error):
                if self._cache._con.in_transaction and self._cache._txn_id is None:
                    self._cache._sql("ROLLBACK")
            raise fault_of(error) from error

    def _rows(self, query: str) -> list[Any]:
        with self._faults():
            rows: list[Any] = self._cache._sql(query).fetchall()
            return rows

    def _data_version(self) -> int:
        """A number that changes when another connection commits."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def _look_after_log(self) -> None:
        """Have the log carried over when it has grown, beside this thread; here and now if it became too long that way."""
        done = self._take_carried()
        if done is not None and done.log_bytes >= LONGEST_LOG_BYTES:
            self._carry_over()
        elif self._written >= CARRY_OVER_BYTES and not self._carrier.is_busy:
            self._suspect_if_changed()
            self._written = 0
            self._carrier.start()

    def _carry_over(self) -> bool:
        """Carry over the log, here and now; whether all of it is in the file. Never while the carrier does it."""
        if self._carrier.is_busy:
            return False
        self._suspect_if_changed()
        self._written = 0
        done = carry(self._cache._con, self._path)
        self._state = done.file
        return done.whole

    def _take_carried(self) -> Carried | None:
        """What the carrier has done since the last look; so far the file was changed by this store."""
        done = self._carrier.take_done()
        if done is not None:
            self._state = done.file
        return done

    def _suspect_if_changed(self) -> None:
        """Only carrying over changes the file, and only this store does that: any other change is somebody else's."""
        commits = self._data_version()
        self._suspected = self._suspected or commits != self._commits_of_others
        self._commits_of_others = commits
        if self._carrier.is_busy:
            return
        self._take_carried()
        state = state_of(self._path)
        self._suspected, self._state = self._suspected or state != self._state, state

    def _file(self) -> os.stat_result:
        return os.stat(self._path)

    def _refuse_strangers(self) -> None:
        """Remove rows that this program never writes: pickles, files, odd keys."""
        strange = "raw <> 1 OR mode <> 1 OR filename IS NOT NULL OR typeof(value) <> 'blob'"
        found = self._rows(f"SELECT count(*) FROM Cache WHERE {strange}")[0][0]
        if found:
            self._rows(f"DELETE FROM Cache WHERE {strange}")
            log.error("rows that another program put into the cache were removed", rows=found)

    def _look_through(self) -> None:
        """Every page and every sealed value of the file as it lies there, by a connection that sees neither log nor memory."""
        connection = sqlite3.connect(f"file:{self._path}?immutable=1", uri=True)
        try:
            ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            values = connection.execute("SELECT value FROM Cache WHERE raw = 1 AND mode = 1 AND typeof(key) = 'text'")
            if verdict != "ok" or any(unseal(value) is None for (value,) in values):
                raise CacheFault(Trouble.DAMAGED, str(verdict))
        except sqlite3.Error as error:
            raise CacheFault(Trouble.DAMAGED, str(error)) from error
        finally:
            connection.close()

    def _look_for(self, key: Key, value: bytes) -> None:
        view = DiskcacheView(self._directory)
        found = view.get(key)
        view.close()
        if found is None:
            raise CacheFault(Trouble.DAMAGED, view.problem)
        if found.get(key) != value:
            raise CacheFault(Trouble.GONE, "readers see something else than was written")


def _open_cache(directory: Path) -> diskcache.Cache:
    path = directory / diskcache.core.DBNAME
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(directory, 0o700)
        try:
            return _open_unlocked(path)
        except CacheFault as fault:
            if fault.trouble is not Trouble.DAMAGED:
                raise
            bad_files.set_aside(path)
            return _open_unlocked(path)
    except OSError as error:
        raise SettingsError(f"CACHE_URL: the folder {directory} cannot be used: {error}") from error


def _open_unlocked(path: Path) -> diskcache.Cache:
    """Open the cache if it can be written now: diskcache would wait up to a minute for the lock, and the loop with it."""
    try:
        if path.exists():
            _try_to_write(path)
        return diskcache.Cache(
            str(path.parent),
            disk=BytesDisk,
            timeout=PATIENCE_S,
            eviction_policy="none",
            cull_limit=0,
            statistics=0,
            size_limit=2**40,
            disk_min_file_size=2**30,
            sqlite_synchronous=1,
            sqlite_wal_autocheckpoint=0,
            sqlite_cache_size=PAGES_IN_MEMORY,
            sqlite_mmap_size=0,
        )
    except sqlite3.Error as error:
        raise fault_of(error) from error


def _try_to_write(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_S)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()
