"""Tries to log in: who fails too often has to wait. Counted in the journal, so that no restart and no second process forgets.

A try is counted before the password is looked at: fifty that come at once are no more than fifty one after another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Final

from sqlalchemy import delete, insert, select, update

from orders.journal import DESK, Journal
from orders.journal_writer import JournalWriter
from orders.tables import LOGIN_TRIES

MOST_OF_NAME: Final = 10
MOST_OF_ADDRESS: Final = 50
"""More than of a name: a class may sit behind one address."""

LOCK_S: Final = 300
"""After the last failure: 10 tries in 5 minutes are less than 3,000 a day."""

FORGET_S: Final = 86_400


class LoginTries:
    """Failed tries by name and by address. `now` is the wall clock in ns."""

    def __init__(self, journal: Journal, now: Callable[[], int] = time.time_ns) -> None:
        self._journal, self._now = journal, now

    def begin(self, name: str, address: str) -> float:
        """Count a try. 0 if it may be made, else the seconds to wait: then it does not count."""
        keys = {key_of_name(name): MOST_OF_NAME, key_of_address(address): MOST_OF_ADDRESS}
        with self._journal.writing() as rows:
            now = self._now()
            _forget(rows, now)
            wait_s = max(_wait_s(rows, key, most, now) for key, most in keys.items())
            if not wait_s:
                for key in keys:
                    _count(rows, key, now)
        return wait_s

    def succeed(self, name: str, address: str) -> None:
        """The try that was begun last was right: it is no failure, and the name begins anew."""
        with self._journal.writing() as rows:
            rows.connection.execute(delete(LOGIN_TRIES).where(LOGIN_TRIES.c.key == key_of_name(name)))
            mine = LOGIN_TRIES.c.key == key_of_address(address), LOGIN_TRIES.c.failures > 0
            fewer = update(LOGIN_TRIES).where(*mine).values(failures=LOGIN_TRIES.c.failures - 1)
            rows.connection.execute(fewer)


def key_of_name(name: str) -> str:
    """The row of a name, whether a user has it or not."""
    return f"name:{name.strip().lower()[:64]}"


def key_of_address(address: str) -> str:
    """The row of an address; IPv6 by its /64, which is one customer's."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "address:unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return f"address:{ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


def _wait_s(rows: JournalWriter, key: str, most: int, now: int) -> float:
    row = rows.connection.execute(select(LOGIN_TRIES).where(LOGIN_TRIES.c.key == key)).first()
    age_s = (now - row.ts_wall) / 1e9 if row else LOCK_S
    return LOCK_S - age_s if row and row.failures >= most and 0 <= age_s < LOCK_S else 0.0


def _count(rows: JournalWriter, key: str, now: int) -> None:
    """One more; after a lock has passed the count begins anew."""
    row = rows.connection.execute(select(LOGIN_TRIES).where(LOGIN_TRIES.c.key == key)).first()
    if row is None:
        values = {"key": key, "account_id": DESK, "failures": 1, "ts_wall": now}
        rows.connection.execute(insert(LOGIN_TRIES).values(values))
        return
    failures = row.failures + 1 if now - row.ts_wall < LOCK_S * 1_000_000_000 else 1
    rows.connection.execute(update(LOGIN_TRIES).where(LOGIN_TRIES.c.key == key).values(failures=failures, ts_wall=now))


def _forget(rows: JournalWriter, now: int) -> None:
    rows.connection.execute(delete(LOGIN_TRIES).where(LOGIN_TRIES.c.ts_wall < now - FORGET_S * 1_000_000_000))
