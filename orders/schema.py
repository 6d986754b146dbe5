"""The schema of the journal: its version, and how an older journal becomes one of today, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, func, insert, inspect, select

from domain.errors import SettingsError
from orders.tables import JOURNAL_VERSION, METADATA, ORDERS

VERSION: Final = 2
"""1 had no table of versions, and none of the types of orders but market and limit."""

ADDED_COLUMNS: Final = {
    2: (
        ("orders", "notional", "VARCHAR(64)"),
        ("orders", "trail_price", "VARCHAR(64)"),
        ("orders", "trail_percent", "VARCHAR(64)"),
        ("orders", "extended_hours", "BOOLEAN DEFAULT false NOT NULL"),
        ("orders", "order_class", "VARCHAR(16) DEFAULT 'simple' NOT NULL"),
        ("orders", "take_profit_price", "VARCHAR(64)"),
        ("orders", "stop_loss_price", "VARCHAR(64)"),
        ("orders", "stop_loss_limit_price", "VARCHAR(64)"),
        ("orders", "parent_id", "VARCHAR(64) DEFAULT '' NOT NULL"),
        ("orders", "replaces", "VARCHAR(64) DEFAULT '' NOT NULL"),
        ("orders", "replaced_by", "VARCHAR(64) DEFAULT '' NOT NULL"),
    ),
}
"""Columns by the version that brought them: table, name, words that both dialects know. New tables and indexes need none."""

log = structlog.get_logger()

KeepAside = Callable[[Connection, int], None]


class Opens(Protocol):
    """An engine, as far as it is needed here."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection to read from."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction as the only writer."""


def bring_up_to_date(engine: Opens, keep_aside: KeepAside) -> None:
    """Make the tables, or change those of an older version after `keep_aside`. SettingsError for a newer one."""
    with engine.reading() as connection:
        if version_of(connection) == VERSION and not _missing(connection):
            return
    with engine.writing() as connection:
        found = version_of(connection)  # another process may have been here meanwhile
        if 0 < found < VERSION:
            keep_aside(connection, found)
            _add_columns(connection, found)
        METADATA.create_all(connection)
        _add_indexes(connection)
        if found < VERSION:
            connection.execute(insert(JOURNAL_VERSION).values(version=VERSION, ts_wall=time.time_ns()))
    if 0 < found < VERSION:
        log.info("journal brought up to date", from_version=found, to_version=VERSION)


def version_of(connection: Connection) -> int:
    """The version of a journal; 0 where there is none yet. SettingsError for one that this program does not know."""
    tables = _tables(connection)
    if JOURNAL_VERSION.name not in tables:
        return 1 if ORDERS.name in tables else 0
    found = int(connection.execute(select(func.max(JOURNAL_VERSION.c.version))).scalar() or 0)
    if found > VERSION:
        raise SettingsError(
            f"JOURNAL_URL: the journal is of version {found}, and this program knows version {VERSION}: a newer Tickdesk has "
            "written it. Start that one, or name another journal."
        )
    return found


def _add_columns(connection: Connection, found: int) -> None:
    for version in range(found + 1, VERSION + 1):
        for table, name, words in ADDED_COLUMNS.get(version, ()):
            if table in _tables(connection) and name not in _columns(connection, table):
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {words}")


def _add_indexes(connection: Connection) -> None:
    """Those that tables of an older version lack; `create_all` leaves tables alone that are there."""
    for table in METADATA.tables.values():
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _missing(connection: Connection) -> set[str]:
    return METADATA.tables.keys() - _tables(connection)


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _columns(connection: Connection, table: str) -> set[str]:
    return {str(column["name"]) for column in inspect(connection).get_columns(table)}
