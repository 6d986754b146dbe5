"""The engine under the journal: how a transaction begins, ends and fails, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeftError

from domain.errors import SettingsError, TickdeskError
from orders import postgres, sqlite_file
from orders.place import POSTGRES, SQLITE, JournalPlace
from orders.schema import bring_up_to_date

OPEN_LIMIT_S: Final = 15.0
"""Processes that start together wait for each other: also the change to WAL needs the file alone, and SQLite does not wait
for that by itself."""

TROUBLE: Final = (OperationalError, InterfaceError, InternalError)
"""Locked, full, broken or away. DatabaseError itself (not its other kinds, which are our own errors) is a damaged file."""


class JournalBusyError(TickdeskError):
    """The journal could not be read or written: locked for too long, the disk is full, the server is away. Will pass.

    Nothing of the transaction counts; only if a server vanished in the moment of the commit it may, so look before you repeat.
    """


class JournalEngine:
    """Connections to one journal, whose tables are there. Safe to share between threads; every process opens its own."""

    def __init__(self, place: JournalPlace) -> None:
        """SettingsError if there is no such place, or it holds a journal that this program cannot use."""
        self._kind = {SQLITE: sqlite_file, POSTGRES: postgres}[place.dialect]
        self._engine: Engine = self._kind.engine_of(place)
        self._readers: Engine = self._kind.readers_of(self._engine)
        try:
            self._open()
        except JournalBusyError:
            self.close()
            raise
        except SQLAlchemyError as error:
            self.close()
            raise SettingsError(f"JOURNAL_URL: the journal cannot be opened: {_why(error)}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from: every query sees what is committed then. JournalBusyError if that cannot be."""
        with _told_as_busy("read"), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def one_moment(self) -> Iterator[Connection]:
        """A connection to read from, all of whose queries see one moment. Nobody waits for it. JournalBusyError as above."""
        with _told_as_busy("read"), self._kind.moment_of(self._engine) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that shuts out all other writers; all of it counts or nothing. JournalBusyError if that cannot be."""
        with _told_as_busy("written"), self._engine.connect() as connection:
            self._kind.shut_others_out(connection)
            yield connection
            connection.commit()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _open(self) -> None:
        deadline = time.monotonic() + OPEN_LIMIT_S
        while True:
            try:
                return bring_up_to_date(self, self._kind.keep_aside)
            except JournalBusyError as error:
                if self._kind.needs_a_person(str(error)):
                    raise SettingsError(f"JOURNAL_URL: {error}") from error
                if time.monotonic() >= deadline or not self._kind.WAITS_FOR_OTHERS:
                    raise
            time.sleep(0.05)


@contextmanager
def _told_as_busy(what: str) -> Iterator[None]:
    try:
        yield
    except NoConnectionLeftError as error:
        raise JournalBusyError(f"The journal cannot be {what} (too many at once).") from error
    except DBAPIError as error:
        if not isinstance(error, TROUBLE) and type(error) is not DatabaseError:
            raise
        raise JournalBusyError(f"The journal cannot be {what} ({_why(error)}).") from error


def _why(error: SQLAlchemyError) -> str:
    """The database's own words, their first line; they never hold a password."""
    told = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return "locked by another writer" if "lock timeout" in told else (told.splitlines() or [type(error).__name__])[0]
