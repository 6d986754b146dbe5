"""The tables of the journal. Every row carries its account. Quantities and prices are text, so that no digit is lost."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

METADATA: Final = MetaData()

_ROW = BigInteger().with_variant(Integer, "sqlite")

ORDER_INTENTS: Final = Table(
    "order_intents",
    METADATA,
    Column("client_order_id", String(128), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("session", String(64), nullable=False),
    Column("fields", Text, nullable=False),
    Column("denials", Text, nullable=False),
    Column("reserved", String(64), nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Every attempt, denied ones too: written before anything is sent."""

ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("client_order_id", String(128), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("symbol", String(32), nullable=False),
    Column("side", String(8), nullable=False),
    Column("type", String(32), nullable=False),
    Column("qty", String(64), nullable=False),
    Column("limit_price", String(64)),
    Column("stop_price", String(64)),
    Column("time_in_force", String(16), nullable=False),
    Column("state", String(32), nullable=False),
    Column("filled_qty", String(64), nullable=False),
    Column("filled_avg_price", String(64)),
    Column("reason", Text, nullable=False),
    Column("external", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("notional", String(64)),
    Column("trail_price", String(64)),
    Column("trail_percent", String(64)),
    Column("extended_hours", Boolean, nullable=False, server_default=false()),
    Column("order_class", String(16), nullable=False, server_default="simple"),
    Column("take_profit_price", String(64)),
    Column("stop_loss_price", String(64)),
    Column("stop_loss_limit_price", String(64)),
    Column("parent_id", String(64), nullable=False, server_default=""),
    Column("replaces", String(64), nullable=False, server_default=""),
    Column("replaced_by", String(64), nullable=False, server_default=""),
    Index("orders_by_state", "account_id", "state"),
)

TRADES: Final = Table(
    "trades",
    METADATA,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("execution_id", String(128), nullable=False),
    Column("client_order_id", String(128), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("symbol", String(32), nullable=False),
    Column("side", String(8), nullable=False),
    Column("qty", String(64), nullable=False),
    Column("price", String(64), nullable=False),
    Column("cum_qty", String(64), nullable=False),
    Column("ts_event", BigInteger, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
    UniqueConstraint("account_id", "execution_id", name="one_fill_an_execution"),
    Index("trades_by_time", "account_id", "ts_event"),
    Index("trades_by_order", "account_id", "client_order_id"),
)
"""Executed trades: our fills. `cum_qty` is how much of the order was filled with this one and those before."""

POSITIONS: Final = Table(
    "positions",
    METADATA,
    Column("account_id", String(64), primary_key=True),
    Column("symbol", String(32), primary_key=True),
    Column("qty", String(64), nullable=False),
    Column("cost", String(64), nullable=False),
    Column("realized", String(64), nullable=False),
)

BOT_STATE: Final = Table(
    "bot_state",
    METADATA,
    Column("account_id", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Single values: the kill switch, the result of the last reconcile."""

EQUITY_CURVE: Final = Table(
    "equity_curve",
    METADATA,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("ts_event", BigInteger, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
    Column("equity", String(64), nullable=False),
    Column("cash", String(64), nullable=False),
    Column("daily_pnl", String(64), nullable=False),
    Index("equity_by_time", "account_id", "ts_wall"),
)
"""The account's worth once a minute, USD. `ts_event` is the market's time, `ts_wall` this machine's (ns)."""

COMMANDS: Final = Table(
    "commands",
    METADATA,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("result", Text),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Wishes to the worker. `result` is null until it has answered."""

WISHES: Final = Table(
    "wishes",
    METADATA,
    Column("symbol", String(32), primary_key=True),
    Column("holder", String(64), primary_key=True),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Symbols that somebody wants to see, counted by reference: a row a symbol and holder."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("what", String(64), nullable=False),
    Column("details", Text, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
)

CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("account_id", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("key", String(128), nullable=False),
)
"""What pages must show anew, by number: `order` and `fill`, `kill`, `message`."""

USERS: Final = Table(
    "users",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Who may log in; `password_hash` is argon2id."""

LOGINS: Final = Table(
    "logins",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("name", String(32), nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
    Index("logins_by_name", "name"),
)
"""Sessions of browsers that are logged in. `key` is a hash of the session: who reads the journal cannot use it."""

LOGIN_TRIES: Final = Table(
    "login_tries",
    METADATA,
    Column("key", String(96), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("ts_wall", BigInteger, nullable=False),
)
"""Failed tries to log in, by name and by address."""

JOURNAL_VERSION: Final = Table(
    "journal_version",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("ts_wall", BigInteger, nullable=False),
)
"""A row for each version that this journal was brought to; the highest is the one it has. The only table without accounts."""
