"""The engine under the journal: SQLite in a file of its own, WAL and FULL, made ready by whichever process comes first."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from domain.errors import SettingsError
from orders.tables import METADATA

BUSY_S: Final = 5.0
OPEN_TRIES: Final = 60


def open_engine(url: str) -> Any:
    """An engine whose tables are there. SettingsError if the URL names no file that can be used."""
    engine = _engine(url)
    try:
        _create_tables(engine)
    except SQLAlchemyError as error:
        raise SettingsError(f"JOURNAL_URL: the journal cannot be opened: {error.__class__.__name__}") from error
    return engine


def _engine(url: str) -> Any:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise SettingsError(f"JOURNAL_URL: {url!r} is not of the form sqlite:///FILE")
    path = Path(parsed.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
    except OSError as error:
        raise SettingsError(f"JOURNAL_URL: {path} cannot be used: {error.strerror}") from error
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        connect_args={"timeout": BUSY_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _create_tables(engine: Any) -> None:
    """Make the tables that are not there. Processes that start together wait for each other: also the change to WAL needs
    the file alone, and SQLite does not wait for that by itself."""
    for tries_left in reversed(range(OPEN_TRIES)):
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                METADATA.create_all(connection)
                connection.exec_driver_sql("COMMIT")
            return
        except OperationalError:
            if not tries_left:
                raise
            time.sleep(0.05)


def _prepare(connection: Any, _record: Any) -> None:
    """SQLite as a journal needs it; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=1", "foreign_keys=1"):
        connection.execute(f"PRAGMA {pragma}")
