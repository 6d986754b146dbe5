"""Tries to log in: who fails too often has to wait. Counted in the journal, so that no restart and no second process forgets.

A try is counted before the password is looked at: fifty that come at once are no more than fifty one after another. A name is
locked for the address that failed with it, so that nobody locks its owner out; only many addresses together lock it for all
from which it never logged in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from sqlalchemy import delete, insert, select, update

from orders.journal import DESK, Journal
from orders.journal_writer import JournalWriter
from orders.tables import LOGIN_TRIES

MOST_OF_PAIR: Final = 10
MOST_OF_ADDRESS: Final = 50
"""More than of a name at an address: a class may sit behind one."""

LOCK_S: Final = 300
"""After the last failure: 10 tries in 5 minutes are less than 3,000 a day."""

MOST_OF_NAME: Final = 100
NAME_LOCK_S: Final = 3600
"""From anywhere: as many a day, however many addresses guess."""

FORGET_S: Final = 86_400
KNOWN_S: Final = 30 * 86_400
"""So long after a login an address is one that a name is known to come from."""

SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures under a key, then so long a wait."""

    key: str
    most: int
    lock_s: int


class LoginTries:
    """Failed tries by name and address. `now` is the wall clock in ns."""

    def __init__(self, journal: Journal, now: Callable[[], int] = time.time_ns) -> None:
        self._journal, self._now = journal, now

    def begin(self, name: str, address: str) -> float:
        """Count a try. 0 if it may be made, else the seconds to wait: then it does not count."""
        with self._journal.writing() as rows:
            now = self._now()
            _forget(rows, now)
            limits = _limits(name, address, is_known=_is_known(rows, name, address))
            wait_s = max(_wait_s(rows, limit, now) for limit in limits)
            if not wait_s:
                for limit in limits:
                    _count(rows, limit, now)
        return wait_s

    def succeed(self, name: str, address: str) -> None:
        """The try that was begun last was right: it is no failure, the name begins anew, and is known at this address."""
        with self._journal.writing() as rows:
            right = key_of_name(name), key_of_pair(name, address), known_key(name, address)
            rows.connection.execute(delete(LOGIN_TRIES).where(LOGIN_TRIES.c.key.in_(right)))
            row = {"key": known_key(name, address), "account_id": DESK, "failures": 0, "ts_wall": self._now()}
            rows.connection.execute(insert(LOGIN_TRIES).values(row))
            mine = LOGIN_TRIES.c.key == key_of_address(address), LOGIN_TRIES.c.failures > 0
            fewer = update(LOGIN_TRIES).where(*mine).values(failures=LOGIN_TRIES.c.failures - 1)
            rows.connection.execute(fewer)


def forget_name(rows: JournalWriter, name: str) -> None:
    """Take every lock off a name, and forget where it was known."""
    keys = LOGIN_TRIES.c.key
    of_pairs = (keys.startswith(f"{kind}:{_plain(name)}@", autoescape=True) for kind in ("pair", "known"))
    for mine in (keys == key_of_name(name), *of_pairs):
        rows.connection.execute(delete(LOGIN_TRIES).where(mine))


def key_of_name(name: str) -> str:
    """The row of a name, whether a user has it or not."""
    return f"name:{_plain(name)}"


def key_of_pair(name: str, address: str) -> str:
    """The row of a name at an address."""
    return f"pair:{_plain(name)}@{_net(address)}"


def known_key(name: str, address: str) -> str:
    """The row that says that a name has logged in from an address."""
    return f"known:{_plain(name)}@{_net(address)}"


def key_of_address(address: str) -> str:
    """The row of an address; IPv6 by its /64, which is one customer's."""
    return f"address:{_net(address)}"


def _plain(name: str) -> str:
    """As users are named (32 characters at most), and no longer than a key has room for."""
    return name.strip().lower()[:48]


def _net(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def _limits(name: str, address: str, is_known: bool) -> list[Limit]:
    own = [
        Limit(key_of_pair(name, address), MOST_OF_PAIR, LOCK_S),
        Limit(key_of_address(address), MOST_OF_ADDRESS, LOCK_S),
    ]
    return own if is_known else [*own, Limit(key_of_name(name), MOST_OF_NAME, NAME_LOCK_S)]


def _is_known(rows: JournalWriter, name: str, address: str) -> bool:
    query = select(LOGIN_TRIES.c.key).where(LOGIN_TRIES.c.key == known_key(name, address))
    return rows.connection.execute(query).first() is not None


def _wait_s(rows: JournalWriter, limit: Limit, now: int) -> float:
    row = rows.connection.execute(select(LOGIN_TRIES).where(LOGIN_TRIES.c.key == limit.key)).first()
    age_s = (now - row.ts_wall) / SECOND if row else limit.lock_s
    return limit.lock_s - age_s if row and row.failures >= limit.most and 0 <= age_s < limit.lock_s else 0.0


def _count(rows: JournalWriter, limit: Limit, now: int) -> None:
    """One more; after a lock has passed the count begins anew."""
    row = rows.connection.execute(select(LOGIN_TRIES).where(LOGIN_TRIES.c.key == limit.key)).first()
    if row is None:
        values = {"key": limit.key, "account_id": DESK, "failures": 1, "ts_wall": now}
        rows.connection.execute(insert(LOGIN_TRIES).values(values))
        return
    failures = row.failures + 1 if now - row.ts_wall < limit.lock_s * SECOND else 1
    mine = update(LOGIN_TRIES).where(LOGIN_TRIES.c.key == limit.key)
    rows.connection.execute(mine.values(failures=failures, ts_wall=now))


def _forget(rows: JournalWriter, now: int) -> None:
    is_known = LOGIN_TRIES.c.key.startswith("known:")
    old = LOGIN_TRIES.c.ts_wall < now - FORGET_S * SECOND, LOGIN_TRIES.c.ts_wall < now - KNOWN_S * SECOND
    rows.connection.execute(delete(LOGIN_TRIES).where((~is_known & old[0]) | (is_known & old[1])))
