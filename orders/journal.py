"""The journal: the one truth about orders and fills, in SQLite of its own (WAL, FULL), or wherever JOURNAL_URL points.

A transaction that changes something begins by locking out all other writers (BEGIN IMMEDIATE), so that what it reads is
still true when it writes: two web processes cannot both pass a limit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, insert, select, update
from sqlalchemy.exc import OperationalError

from domain.errors import TickdeskError
from domain.fill import Fill
from domain.order import DONE, Order, Side
from domain.position import Position
from orders.engine import open_engine
from orders.tables import (
    AUDIT,
    BOT_STATE,
    CHANGES,
    COMMANDS,
    ORDER_INTENTS,
    ORDERS,
    POSITIONS,
    TRADES,
    WISHES,
)

DESK: Final = "desk"
"""The account of rows that belong to the whole desk."""

CACHE_TROUBLE: Final = "cache_trouble"
ORDER_FIELDS: Final = tuple(field.name for field in fields(Order))
NUMBERS: Final = tuple(field.name for field in fields(Order) if "Decimal" in str(field.type))


class JournalBusyError(TickdeskError):
    """The journal could not be written: locked by another program for too long, or the disk is full. Nothing of it counts."""


class Journal:
    """Reads and writes rows. Safe to share between threads; every process opens its own."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    @contextmanager
    def writing(self) -> Iterator[JournalWriter]:
        """One transaction that shuts out all other writers; all of it counts or nothing. JournalBusyError if that cannot be."""
        with _told_as_busy(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield JournalWriter(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def reading(self) -> Connection:
        """A connection to read tables that this room has no reader for; to be closed by the caller."""
        connection: Connection = self._engine.connect()
        return connection

    def order(self, client_order_id: str) -> Order | None:
        """One order."""
        with self._engine.connect() as connection:
            return _one_order(connection, client_order_id)

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
        with self._engine.connect() as connection:
            return [_fill(row) for row in reversed(connection.execute(query).all())]

    def fills_by_id(self, account_id: str, execution_ids: list[str]) -> list[Fill]:
        """These fills, oldest first."""
        query = select(TRADES).where(TRADES.c.account_id == account_id, TRADES.c.execution_id.in_(execution_ids))
        with self._engine.connect() as connection:
            return [_fill(row) for row in connection.execute(query.order_by(TRADES.c.id))]

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol; flat ones that were traded are there too."""
        with self._engine.connect() as connection:
            return _positions(connection, account_id)

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""
        with self._engine.connect() as connection:
            return _state(connection, account_id, name)

    def changes_since(self, change_id: int, limit: int = 1000) -> list[tuple[int, str, str, str]]:
        """(id, account_id, kind, key) of what changed after `change_id`, oldest first."""
        query = select(CHANGES).where(CHANGES.c.id > change_id).order_by(CHANGES.c.id).limit(limit)
        with self._engine.connect() as connection:
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
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def open_commands(self) -> list[tuple[int, str, dict[str, Any]]]:
        """(id, name, arguments) of commands without a result, oldest first."""
        query = select(COMMANDS).where(COMMANDS.c.result.is_(None)).order_by(COMMANDS.c.id)
        with self._engine.connect() as connection:
            return [(row.id, row.name, json.loads(row.arguments)) for row in connection.execute(query)]

    def command_result(self, command_id: int) -> Any:
        """What the worker answered to a command; None while it has not."""
        query = select(COMMANDS.c.result).where(COMMANDS.c.id == command_id)
        with self._engine.connect() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else json.loads(found)

    def wished_symbols(self) -> list[str]:
        """Symbols that somebody holds, in the order in which they were first wished."""
        query = select(WISHES.c.symbol).order_by(WISHES.c.ts_wall, WISHES.c.symbol)
        with self._engine.connect() as connection:
            return list(dict.fromkeys(connection.execute(query).scalars()))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _orders(self, query: Any) -> list[Order]:
        with self._engine.connect() as connection:
            return [_order(row) for row in connection.execute(query)]


class JournalWriter:
    """The writing side, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The transaction itself, for tables that have a writer of their own."""
        return self._connection

    def order(self, client_order_id: str) -> Order | None:
        """One order, as this transaction sees it."""
        return _one_order(self._connection, client_order_id)

    def open_orders(self, account_id: str) -> list[Order]:
        """Orders that may still change a position."""
        query = select(ORDERS).where(ORDERS.c.account_id == account_id, ORDERS.c.state.not_in(DONE))
        return [_order(row) for row in self._connection.execute(query)]

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol, as this transaction sees them."""
        return _positions(self._connection, account_id)

    def position(self, account_id: str, symbol: str) -> Position:
        """The position, flat if there is none."""
        return _positions(self._connection, account_id).get(symbol, Position(account_id, symbol))

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""
        return _state(self._connection, account_id, name)

    def newest_intent(self, account_id: str, session: str, ticket_fields: str) -> int | None:
        """When (wall ns) the same session last sent a ticket with the same fields."""
        same = (
            ORDER_INTENTS.c.account_id == account_id,
            ORDER_INTENTS.c.session == session,
            ORDER_INTENTS.c.fields == ticket_fields,
        )
        query = select(ORDER_INTENTS.c.ts_wall).where(*same).order_by(ORDER_INTENTS.c.ts_wall.desc()).limit(1)
        return self._connection.execute(query).scalar()

    def add_intent(self, order: Order, session: str, ticket_fields: str, denials: list[Any], reserved: Decimal) -> None:
        """Write down an attempt, with its order."""
        row = {
            "client_order_id": order.client_order_id,
            "account_id": order.account_id,
            "session": session,
            "fields": ticket_fields,
            "denials": json.dumps(denials),
            "reserved": str(reserved),
            "ts_wall": time.time_ns(),
        }
        self._connection.execute(insert(ORDER_INTENTS).values(row))
        self.add_order(order)

    def add_order(self, order: Order) -> None:
        """Write down an order that is not there yet."""
        now = time.time_ns()
        row = {**_order_row(order), "created_at": order.created_at or now, "updated_at": now}
        self._connection.execute(insert(ORDERS).values(row))
        self.note("order", order.account_id, order.client_order_id)

    def change_order(self, client_order_id: str, account_id: str, **values: Any) -> None:
        """Change columns of an order."""
        row = {name: _text(value) for name, value in values.items()} | {"updated_at": time.time_ns()}
        self._connection.execute(update(ORDERS).where(ORDERS.c.client_order_id == client_order_id).values(row))
        self.note("order", account_id, client_order_id)

    def claim(self, client_order_id: str, account_id: str, state: str, new_state: str) -> bool:
        """Move an order from one state to another if it still is in the first; whether it was."""
        mine = ORDERS.c.client_order_id == client_order_id, ORDERS.c.state == state
        changed = update(ORDERS).where(*mine).values(state=new_state, updated_at=time.time_ns())
        if not self._connection.execute(changed).rowcount:
            return False
        self.note("order", account_id, client_order_id)
        return True

    def add_fill(self, fill: Fill, cum_qty: Decimal) -> bool:
        """Write down a fill; False if this execution is known already."""
        same = TRADES.c.account_id == fill.account_id, TRADES.c.execution_id == fill.execution_id
        if self._connection.execute(select(TRADES.c.id).where(*same)).first() is not None:
            return False
        row = {name: _text(value) for name, value in asdict(fill).items()}
        row |= {"cum_qty": str(cum_qty), "ts_wall": time.time_ns()}
        self._connection.execute(insert(TRADES).values(row))
        self.note("fill", fill.account_id, fill.execution_id)
        return True

    def filled_spans(self, account_id: str, client_order_id: str) -> list[tuple[Decimal, Decimal]]:
        """From where to where of its order each fill of an order went: (0, 3) and (3, 10) of 10 shares."""
        query = select(TRADES).where(TRADES.c.account_id == account_id, TRADES.c.client_order_id == client_order_id)
        spans = [(Decimal(row.cum_qty), Decimal(row.qty)) for row in self._connection.execute(query)]
        return [(end - qty, end) for end, qty in spans]

    def put_position(self, position: Position) -> None:
        """Write a position."""
        keys = {"account_id": position.account_id, "symbol": position.symbol}
        self._put(POSITIONS, keys, qty=str(position.qty), cost=str(position.cost), realized=str(position.realized))

    def put_state(self, account_id: str, name: str, value: Any) -> None:
        """Write a single value."""
        self._put(BOT_STATE, {"account_id": account_id, "name": name}, value=json.dumps(value), ts_wall=time.time_ns())

    def add_command(self, account_id: str, name: str, arguments: dict[str, Any]) -> int:
        """Ask the worker for something; the number of the command."""
        row = {"account_id": account_id, "name": name, "arguments": json.dumps(arguments), "ts_wall": time.time_ns()}
        key = self._connection.execute(insert(COMMANDS).values(row)).inserted_primary_key
        return int(key[0]) if key else 0

    def answer_command(self, command_id: int, result: Any) -> None:
        """Answer a command."""
        self._connection.execute(update(COMMANDS).where(COMMANDS.c.id == command_id).values(result=json.dumps(result)))

    def wish(self, symbol: str, holder: str, wanted: bool) -> bool:
        """Hold a symbol, or let go of it; whether the holder held it before."""
        mine = WISHES.c.symbol == symbol, WISHES.c.holder == holder
        held = bool(self._connection.execute(WISHES.delete().where(*mine)).rowcount)
        if wanted:
            self._connection.execute(insert(WISHES).values(symbol=symbol, holder=holder, ts_wall=time.time_ns()))
        return held

    def audit(self, account_id: str, what: str, **details: Any) -> None:
        """Write down who changed what."""
        row = {
            "account_id": account_id,
            "what": what,
            "details": json.dumps(details, default=str),
            "ts_wall": time.time_ns(),
        }
        self._connection.execute(insert(AUDIT).values(row))

    def note(self, kind: str, account_id: str, key: str) -> None:
        """Tell pages that something changed."""
        self._connection.execute(insert(CHANGES).values(account_id=account_id, kind=kind, key=key))

    def _put(self, table: Table, keys: dict[str, Any], **values: Any) -> None:
        mine = [table.c[name] == value for name, value in keys.items()]
        if not self._connection.execute(update(table).where(*mine).values(values)).rowcount:
            self._connection.execute(insert(table).values(keys | values))


@contextmanager
def _told_as_busy() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise JournalBusyError(f"The journal cannot be written ({error.orig}).") from error


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | Side) else value


def _order_row(order: Order) -> dict[str, Any]:
    return {name: _text(getattr(order, name)) for name in ORDER_FIELDS}


def _one_order(connection: Connection, client_order_id: str) -> Order | None:
    row = connection.execute(select(ORDERS).where(ORDERS.c.client_order_id == client_order_id)).first()
    return None if row is None else _order(row)


def _order(row: Row[Any]) -> Order:
    values = dict(row._mapping)
    for name in NUMBERS:
        values[name] = None if values[name] is None else Decimal(values[name])
    flags = {name: bool(values[name]) for name in ("external", "extended_hours")}
    return Order(**{**values, **flags, "side": Side(values["side"])})


def _fill(row: Row[Any]) -> Fill:
    names = (field.name for field in fields(Fill))
    values = {name: row._mapping[name] for name in names}
    return Fill(**{**values, "side": Side(row.side), "qty": Decimal(row.qty), "price": Decimal(row.price)})


def _positions(connection: Connection, account_id: str) -> dict[str, Position]:
    rows = connection.execute(select(POSITIONS).where(POSITIONS.c.account_id == account_id))
    return {
        row.symbol: Position(account_id, row.symbol, Decimal(row.qty), Decimal(row.cost), Decimal(row.realized))
        for row in rows
    }


def _state(connection: Connection, account_id: str, name: str) -> Any:
    query = select(BOT_STATE.c.value).where(BOT_STATE.c.account_id == account_id, BOT_STATE.c.name == name)
    found = connection.execute(query).scalar()
    return None if found is None else json.loads(found)
