"""The practice market's database: accounts, orders and executions, so that a restart finds them again."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec

from simulator.client_order import ClientOrder
from simulator.execution import Execution
from simulator.trader import AccountRow

_TABLES = """
CREATE TABLE IF NOT EXISTS accounts (account_id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS executions (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""


class PracticeDb:
    """Orders are never deleted, so that a client_order_id stays used for ever.

    What `write` was given is there after a kill -9; a power cut may take the last moments (WAL, synchronous=NORMAL).
    """

    def __init__(self, path: Path | None) -> None:
        """Without a path everything is forgotten at the end. A damaged file is set aside, and all begins anew."""
        if path is None:
            self._connection = _opened(":memory:")
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = _opened(path)
        except sqlite3.OperationalError:
            raise  # locked or not writable: the file may be sound
        except sqlite3.DatabaseError as error:
            logging.getLogger(__name__).warning("%s is damaged (%s): set aside, accounts begin anew", path, error)
            path.replace(path.with_suffix(".damaged"))
            self._connection = _opened(path)

    def accounts(self) -> list[AccountRow]:
        """All accounts."""
        rows = self._connection.execute("SELECT body FROM accounts ORDER BY rowid")
        return [msgspec.json.decode(body, type=AccountRow) for (body,) in rows]

    def orders(self) -> list[ClientOrder]:
        """All orders, oldest first."""
        rows = self._connection.execute("SELECT body FROM orders ORDER BY sequence")
        return [msgspec.json.decode(body, type=ClientOrder) for (body,) in rows]

    def executions(self) -> list[Execution]:
        """All executions, oldest first."""
        rows = self._connection.execute("SELECT body FROM executions ORDER BY sequence")
        return [msgspec.json.decode(body, type=Execution) for (body,) in rows]

    def write(
        self,
        accounts: Iterable[AccountRow] = (),
        orders: Iterable[ClientOrder] = (),
        executions: Iterable[Execution] = (),
    ) -> None:
        """New and changed rows, all of them or none."""
        encode, execute = msgspec.json.encode, self._connection.executemany
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            execute(
                "INSERT INTO accounts VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE SET body = excluded.body",
                [(str(row.account_id), encode(row)) for row in accounts],
            )
            execute(
                "INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT (order_id) DO UPDATE SET body = excluded.body",
                [(str(order.order_id), order.sequence, encode(order)) for order in orders],
            )
            execute("INSERT INTO executions VALUES (?, ?)", [(found.sequence, encode(found)) for found in executions])
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Nothing can be written any more."""
        self._connection.close()


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Version 0 could not trade parts of shares, and said so in every account."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < 1:
        old, new = '"fractional_trading":false', '"fractional_trading":true'
        connection.execute("UPDATE accounts SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB)", (old, new))
        connection.execute("PRAGMA user_version = 1")


def _opened(place: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(place, isolation_level=None)
    try:
        connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
        _bring_up_to_date(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
