"""Rows of the journal and what they stand for: orders, fills, positions and single values, digit for digit."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from domain.fill import Fill
from domain.order import Order, Side
from domain.position import Position
from orders.tables import BOT_STATE, ORDERS, POSITIONS, TRADES

ORDER_FIELDS: Final = tuple(field.name for field in fields(Order))
FILL_FIELDS: Final = tuple(field.name for field in fields(Fill))
NUMBERS: Final = tuple(field.name for field in fields(Order) if "Decimal" in str(field.type))
FLAGS: Final = tuple(field.name for field in fields(Order) if field.type == "bool")


def as_column(value: Any) -> Any:
    """A field as a column holds it. PostgreSQL has no NUL in text, and a broker's words may hold anything."""
    if isinstance(value, Decimal | Side):
        return str(value)
    return value.replace("\0", "") if isinstance(value, str) else value


def order_row(order: Order) -> dict[str, Any]:
    """The columns of an order."""
    return {name: as_column(getattr(order, name)) for name in ORDER_FIELDS}


def fill_row(fill: Fill) -> dict[str, Any]:
    """The columns of a fill."""
    return {name: as_column(value) for name, value in asdict(fill).items()}


def order_of(row: Row[Any]) -> Order:
    """The order that a row stands for."""
    values = dict(row._mapping)
    for name in NUMBERS:
        values[name] = None if values[name] is None else Decimal(values[name])
    return Order(**{**values, **{name: bool(values[name]) for name in FLAGS}, "side": Side(values["side"])})


def fill_of(row: Row[Any]) -> Fill:
    """The fill that a row stands for."""
    values = {name: row._mapping[name] for name in FILL_FIELDS}
    return Fill(**{**values, "side": Side(row.side), "qty": Decimal(row.qty), "price": Decimal(row.price)})


def read_order(connection: Connection, client_order_id: str) -> Order | None:
    """One order, or None."""
    row = connection.execute(select(ORDERS).where(ORDERS.c.client_order_id == client_order_id)).first()
    return None if row is None else order_of(row)


def read_positions(connection: Connection, account_id: str) -> dict[str, Position]:
    """The positions of an account by symbol."""
    rows = connection.execute(select(POSITIONS).where(POSITIONS.c.account_id == account_id))
    return {
        row.symbol: Position(account_id, row.symbol, Decimal(row.qty), Decimal(row.cost), Decimal(row.realized))
        for row in rows
    }


def read_state(connection: Connection, account_id: str, name: str) -> Any:
    """A single value, or None."""
    query = select(BOT_STATE.c.value).where(BOT_STATE.c.account_id == account_id, BOT_STATE.c.name == name)
    found = connection.execute(query).scalar()
    return None if found is None else json.loads(found)


def read_orders_filled(connection: Connection, account_id: str, since: int) -> set[str]:
    """The orders of an account with a fill at or after a market time (ns), by client order id."""
    mine = TRADES.c.account_id == account_id, TRADES.c.ts_event >= since
    return set(connection.execute(select(TRADES.c.client_order_id).where(*mine).distinct()).scalars())
