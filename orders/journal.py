"""The journal: the one truth about orders and fills, in SQLite of its own (WAL, FULL), or wherever JOURNAL_URL points.

A transaction that changes something begins by locking out all other writers, so that what it reads is
still true when it writes: two web processes cannot both pass a limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, select

from domain.fill import Fill
from domain.order import DONE, Order
from domain.position import Position
from orders.engine import JournalBusyError, JournalEngine
from orders.journal_writer import JournalWriter
from orders.order_rows import (
    fill_of,
    order_of,
    read_order,
    read_orders_filled,
    read_positions,
    read_state,
)
from orders.place import journal_place
from orders.tables import CHANGES, COMMANDS, ORDERS, TRADES, WISHES

__all__ = ["CACHE_TROUBLE", "DESK", "Journal", "JournalBusyError", "JournalWriter"]

DESK: Final = "desk"
"""The account of rows that belong to the whole desk."""

CACHE_TROUBLE: Final = "cache_trouble"


class Journal:
    """Reads and writes rows. Safe to share between threads; every process opens its own.

    Every method raises JournalBusyError when the journal can just now not be used.
    """

    def __init__(self, url: str) -> None:
        """SettingsError if no journal can be there, or it is one of a newer program."""
        self.place = journal_place(url)
        self._engine = JournalEngine(self.place)

    @contextmanager
    def writing(self) -> Iterator[JournalWriter]:
        """One transaction that shuts out all other writers; all of it counts or nothing."""
        with self._engine.writing() as connection:
            yield JournalWriter(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read tables that this room has no reader for."""
        with self._engine.reading() as connection:
            yield connection

    @contextmanager
    def one_moment(self) -> Iterator[Connection]:
        """A connection whose queries all see one moment; writers are not held up."""
        with self._engine.one_moment() as connection:
            yield connection

    def order(self, client_order_id: str) -> Order | None:
        """One order."""
        with self._engine.reading() as connection:
            return read_order(connection, client_order_id)

    def orders(self, account_id: str, limit: int = 500) -> list[Order]:
        """The newest orders of an account, newest first."""
        query = select(ORDERS).where(ORDERS.c.account_id == account_id)
        return self._orders(query.order_by(ORDERS.c.created_at.desc(), ORDERS.c.client_order_id).limit(limit))

    def open_orders(self, account_id: str) -> list[Order]:
        """Orders that may still change a position, oldest first."""
        query = select(ORDERS).where(ORDERS.c.account_id == account_id, ORDERS.c.state.not_in(DONE))
        return self._orders(query.order_by(ORDERS.c.created_at))

    def orders_by_id(self, client_order_ids: list[str]) -> list[Order]:
        """These orders, newest first."""
        query = select(ORDERS).where(ORDERS.c.client_order_id.in_(client_order_ids))
        return self._orders(query.order_by(ORDERS.c.created_at.desc(), ORDERS.c.client_order_id))

    def fills(self, account_id: str, limit: int = 100_000) -> list[Fill]:
        """The newest fills of an account, oldest first."""
        query = select(TRADES).where(TRADES.c.account_id == account_id).order_by(TRADES.c.id.desc()).limit(limit)
        with self._engine.reading() as connection:
            return [fill_of(row) for row in reversed(connection.execute(query).all())]

    def fills_by_id(self, account_id: str, execution_ids: list[str]) -> list[Fill]:
        """These fills, oldest first."""
        query = select(TRADES).where(TRADES.c.account_id == account_id, TRADES.c.execution_id.in_(execution_ids))
        with self._engine.reading() as connection:
            return [fill_of(row) for row in connection.execute(query.order_by(TRADES.c.id))]

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol; flat ones that were traded are there too."""
        with self._engine.reading() as connection:
            return read_positions(connection, account_id)

    def orders_filled(self, account_id: str, since: int) -> set[str]:
        """The client order ids of those with a fill at or after a market time (ns)."""
        with self._engine.reading() as connection:
            return read_orders_filled(connection, account_id, since)

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""
        with self._engine.reading() as connection:
            return read_state(connection, account_id, name)

    def changes_since(self, change_id: int, limit: int = 1000) -> list[tuple[int, str, str, str]]:
        """(id, account_id, kind, key) of what changed after `change_id`, oldest first."""
        query = select(CHANGES).where(CHANGES.c.id > change_id).order_by(CHANGES.c.id).limit(limit)
        with self._engine.reading() as connection:
            return [(row.id, row.account_id, row.kind, row.key) for row in connection.execute(query)]

    def connected_account(self, mode: str) -> str:
        """The account that a worker last connected to in a mode; empty if none ever did."""
        return str(self.state(DESK, f"account:{mode}") or "")

    def connect_account(self, mode: str, account_id: str) -> None:
        """Remember which account a mode is connected to."""
        if self.connected_account(mode) != account_id:
            with self.writing() as rows:
                rows.put_state(DESK, f"account:{mode}", account_id)

    def cache_trouble(self) -> str:
        """Why the worker cannot write the cache, which cannot tell it itself; empty if it can."""
        return str(self.state(DESK, CACHE_TROUBLE) or "")

    def tell_cache_trouble(self, why: str) -> None:
        """Write down that the cache cannot be written, or (empty) that it can again."""
        with self.writing() as rows:
            rows.put_state(DESK, CACHE_TROUBLE, why)

    def last_change(self) -> int:
        """The number of the newest change; 0 if there is none."""
        query = select(CHANGES.c.id).order_by(CHANGES.c.id.desc()).limit(1)
        with self._engine.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def open_commands(self) -> list[tuple[int, str, dict[str, Any]]]:
        """(id, name, arguments) of commands without a result, oldest first."""
        query = select(COMMANDS).where(COMMANDS.c.result.is_(None)).order_by(COMMANDS.c.id)
        with self._engine.reading() as connection:
            return [(row.id, row.name, json.loads(row.arguments)) for row in connection.execute(query)]

    def command_result(self, command_id: int) -> Any:
        """What the worker answered to a command; None while it has not."""
        query = select(COMMANDS.c.result).where(COMMANDS.c.id == command_id)
        with self._engine.reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else json.loads(found)

    def wished_symbols(self) -> list[str]:
        """Symbols that somebody holds, in the order in which they were first wished."""
        query = select(WISHES.c.symbol).order_by(WISHES.c.ts_wall, WISHES.c.symbol)
        with self._engine.reading() as connection:
            return list(dict.fromkeys(connection.execute(query).scalars()))

    def close(self) -> None:
        """Close all connections."""
        self._engine.close()

    def _orders(self, query: Any) -> list[Order]:
        with self._engine.reading() as connection:
            return [order_of(row) for row in connection.execute(query)]
