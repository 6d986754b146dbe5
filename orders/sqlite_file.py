"""The journal in a file of its own: SQLite in WAL with synchronous FULL, so that what is committed outlives a power cut."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from domain.errors import SettingsError
from orders.place import JournalPlace

BUSY_S: Final = 5.0
WAITS_FOR_OTHERS: Final = True


def engine_of(place: JournalPlace) -> Engine:
    """An engine on the file."""
    engine = create_engine(
        place.url,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        pool_timeout=BUSY_S,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def readers_of(engine: Engine) -> Engine:
    """The same: transactions are begun by us, so a query outside of one is whole by itself."""
    return engine


@contextmanager
def moment_of(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries see one moment."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        yield connection


def shut_others_out(connection: Connection) -> None:
    """Begin a transaction as the only writer."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def needs_a_person(why: str) -> bool:
    """Whether waiting cannot mend this."""
    return not any(word in why for word in ("locked", "busy"))


def keep_aside(connection: Connection, version: int) -> None:
    """Copy the whole file beside itself before a change of its tables. SettingsError if that cannot be done."""
    path = Path(str(connection.engine.url.database))
    now = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f".{time.time_ns() % 10**9:09}Z"
    copy = path.with_name(f"{path.name}.version-{version}.{now}")
    try:
        copy_file(path, copy)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(
            f"JOURNAL_URL: {copy} cannot be written, so the journal is left as it is: {error}"
        ) from error


def copy_file(path: Path, copy: Path) -> None:
    """Copy a journal that may be in use into a file that is not there yet: the state of one moment, on the disk when done."""
    unfinished = copy.with_name(copy.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    if copy.exists():
        raise FileExistsError(f"{copy} is there already")
    try:
        unfinished.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, not three
        _write_through(unfinished)
        unfinished.rename(copy)
        _write_through(copy.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_through(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepare(connection: Any, _record: Any) -> None:
    """SQLite as a journal needs it; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=1", "foreign_keys=1"):
        connection.execute(f"PRAGMA {pragma}")
