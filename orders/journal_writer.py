"""The writing side of the journal, inside one transaction. `Journal.writing` hands it out."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from domain.fill import Fill
from domain.order import DONE, Order
from domain.position import Position
from orders.order_rows import (
    as_column,
    fill_row,
    order_of,
    order_row,
    read_order,
    read_orders_filled,
    read_positions,
    read_state,
)
from orders.tables import AUDIT, BOT_STATE, CHANGES, COMMANDS, ORDER_INTENTS, ORDERS, POSITIONS, TRADES, WISHES


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
        return read_order(self._connection, client_order_id)

    def order_of_broker(self, account_id: str, order_id: str) -> Order | None:
        """The order of an account that has this order id at the broker."""
        query = select(ORDERS).where(ORDERS.c.account_id == account_id, ORDERS.c.order_id == order_id)
        row = self._connection.execute(query.limit(1)).first()
        return None if row is None else order_of(row)

    def open_orders(self, account_id: str) -> list[Order]:
        """Orders that may still change a position."""
        query = select(ORDERS).where(ORDERS.c.account_id == account_id, ORDERS.c.state.not_in(DONE))
        return [order_of(row) for row in self._connection.execute(query)]

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol, as this transaction sees them."""
        return read_positions(self._connection, account_id)

    def position(self, account_id: str, symbol: str) -> Position:
        """The position, flat if there is none."""
        return read_positions(self._connection, account_id).get(symbol, Position(account_id, symbol))

    def orders_filled(self, account_id: str, since: int) -> set[str]:
        """The client order ids of those with a fill at or after a market time (ns)."""
        return read_orders_filled(self._connection, account_id, since)

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""
        return read_state(self._connection, account_id, name)

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
        row = {**order_row(order), "created_at": order.created_at or now, "updated_at": now}
        self._connection.execute(insert(ORDERS).values(row))
        self.note("order", order.account_id, order.client_order_id)

    def change_order(self, client_order_id: str, account_id: str, **values: Any) -> None:
        """Change columns of an order."""
        row = {name: as_column(value) for name, value in values.items()} | {"updated_at": time.time_ns()}
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
        row = fill_row(fill) | {"cum_qty": str(cum_qty), "ts_wall": time.time_ns()}
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
