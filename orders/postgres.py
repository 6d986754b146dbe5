"""The journal in a PostgreSQL database, for desks whose parts run on several hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy import Connection, Engine, create_engine, event, text

from orders.place import JournalPlace

BUSY_S: Final = 5.0
CONNECT_S: Final = 3
ANSWER_S: Final = 5.5
"""Longer than the server's own limits, which say more; for a server or a line that stands still."""

ONE_WRITER: Final = 0x7469636B6465736B
"""The advisory lock of the journal. One for all accounts, not one each: the numbers of changes must become visible in their
order, or a page that has read up to 5 would never see a 4 that was committed after it."""

WAITS_FOR_OTHERS: Final = False
PERSON: Final = re.compile(
    r"authentication failed|no pg_hba.conf entry|(database|role) .* does not exist|permission denied"
)

Answer = TypeVar("Answer")


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that never waits longer than ANSWER_S for an answer; libpq itself knows no such limit."""

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Wait for an answer. OperationalError, and the end of the connection, if none comes in time."""
        try:
            return super().wait(gen, interval, ANSWER_S if timeout is None else timeout)
        except _WaitTimeout:
            self.close()
            raise


def engine_of(place: JournalPlace) -> Engine:
    """An engine on the database. A connection that was lost is noticed before it is used, and replaced."""
    engine = create_engine(
        place.url,
        pool_size=4,
        max_overflow=12,
        pool_timeout=BUSY_S,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",  # what is read after the lock was given is what the writer before has left
        connect_args={"connect_timeout": CONNECT_S, "application_name": "tickdesk", "tcp_user_timeout": 5000},
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _prepare)
    return engine


def readers_of(engine: Engine) -> Engine:
    """The same connections, without a transaction around a query."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def moment_of(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries see one moment."""
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        yield connection


def shut_others_out(connection: Connection) -> None:
    """Begin a transaction as the only writer; the lock goes with the transaction, however it ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_WRITER})


def needs_a_person(why: str) -> bool:
    """Whether waiting cannot mend this."""
    return bool(PERSON.search(why))


def keep_aside(connection: Connection, version: int) -> None:
    """Nothing: the change is one transaction, and copies of a database are made by pg_dump."""


def _connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> Any:
    return LimitedConnection.connect(*arguments, **parameters)


def _prepare(connection: Any, _record: Any) -> None:
    for name, value in _limits().items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _limits() -> dict[str, str]:
    """Settings of a session, in milliseconds where they are times."""
    return {
        "statement_timeout": f"{BUSY_S * 1000:.0f}",
        "lock_timeout": f"{BUSY_S * 1000 - 1:.0f}",  # the first of the two to end names the cause
        "idle_in_transaction_session_timeout": f"{BUSY_S * 2000:.0f}",  # one that stands still must not hold up the others
        "synchronous_commit": "on",
    }
