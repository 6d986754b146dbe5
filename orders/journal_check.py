"""The check of a journal: whether the file is sound, and whether fills, orders and positions say the same."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from domain.order import Side
from orders.journal import Journal
from orders.place import SQLITE
from orders.tables import AUDIT, ORDERS, POSITIONS, TRADES

SETTLED_NS: Final = 60 * 10**9
"""An order that changed within the last minute may have fills that are still on their way."""

ADOPTED: Final = "position_adopted"
"""The audit line of a position that was there before the first fill."""

Held = dict[tuple[str, str], Decimal]
"""Shares by account and symbol."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the journal that cannot be right. `about` is the row: a client order id, an execution id or a symbol."""

    kind: str
    account_id: str
    about: str
    text: str


def check_journal(journal: Journal, now_ns: int | None = None) -> list[Finding]:
    """Everything that is wrong, as of one moment; the desk may go on meanwhile. Takes seconds for a large journal."""
    with journal.one_moment() as connection:
        damage = _damage(connection) if journal.place.dialect == SQLITE else []
        return damage or [
            *_orphans(connection),
            *_wrong_positions(connection),
            *_wrong_orders(connection, time.time_ns() if now_ns is None else now_ns),
        ]


def _damage(connection: Connection) -> list[Finding]:
    """What SQLite itself finds; PostgreSQL guards its own pages."""
    try:
        told = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    except DatabaseError as error:
        told = [str(error.orig)]
    return [Finding("damaged_file", "", "", str(line)) for line in told if line != "ok"]


def _orphans(connection: Connection) -> list[Finding]:
    """Fills of orders that are not there."""
    query = select(TRADES).join(ORDERS, TRADES.c.client_order_id == ORDERS.c.client_order_id, isouter=True)
    rows = connection.execute(query.where(ORDERS.c.client_order_id.is_(None)).order_by(TRADES.c.id))
    return [
        Finding("orphan_fill", row.account_id, row.execution_id, f"The order {row.client_order_id} is not there.")
        for row in rows
    ]


def _wrong_positions(connection: Connection) -> list[Finding]:
    """Positions that are not what was adopted and filled."""
    booked, told = _from_fills(connection), _from_positions(connection)
    return [
        Finding("wrong_position", account_id, symbol, f"Fills make {booked[key]}, the position says {told[key]}.")
        for key in sorted(booked.keys() | told.keys())
        for account_id, symbol in [key]
        if booked[key] != told[key]
    ]


def _from_fills(connection: Connection) -> Held:
    held: Held = defaultdict(Decimal)
    for row in connection.execute(select(AUDIT).where(AUDIT.c.what == ADOPTED)):
        details = json.loads(row.details)
        held[row.account_id, details["symbol"]] += Decimal(details["qty"])
    for row in connection.execute(select(TRADES.c.account_id, TRADES.c.symbol, TRADES.c.side, TRADES.c.qty)):
        held[row.account_id, row.symbol] += Decimal(row.qty) * Side(row.side).sign
    return held


def _from_positions(connection: Connection) -> Held:
    held: Held = defaultdict(Decimal)
    for row in connection.execute(select(POSITIONS)):
        held[row.account_id, row.symbol] = Decimal(row.qty)
    return held


def _wrong_orders(connection: Connection, now_ns: int) -> list[Finding]:
    """Orders of the desk whose fills do not add up. Of those placed elsewhere older fills may never have been asked for."""
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for fill in connection.execute(select(TRADES.c.client_order_id, TRADES.c.qty)):
        booked[fill.client_order_id] += Decimal(fill.qty)
    return [
        Finding(
            "wrong_order", row.account_id, row.client_order_id, f"{row.filled_qty} filled, fills of {booked[name]}."
        )
        for row in connection.execute(select(ORDERS).where(ORDERS.c.external.is_(False)))
        for name in [row.client_order_id]
        if row.updated_at < now_ns - SETTLED_NS and Decimal(row.filled_qty) != booked[name]
    ]
