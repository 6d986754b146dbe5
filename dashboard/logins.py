"""Logins: which browsers are logged in as whom. In the journal, so that every process knows and a restart logs nobody out."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, insert, select

from dashboard.users import User
from domain.role import Role
from orders.journal import DESK, Journal
from orders.tables import LOGINS, USERS

LONGEST_S: Final = 12 * 3600
"""A trading day with what comes before and after it; then the password is asked for again."""


class Logins:
    """Sessions by the hash of their id. `now` is the wall clock in ns."""

    def __init__(self, journal: Journal, now: Callable[[], int] = time.time_ns) -> None:
        self._journal, self._now = journal, now

    def begin(self, session: str, name: str, address: str) -> None:
        """A session is logged in from now on; those that have expired are forgotten."""
        now = self._now()
        with self._journal.writing() as rows:
            rows.connection.execute(delete(LOGINS).where(LOGINS.c.ts_wall <= now - LONGEST_S * 1_000_000_000))
            row = {"key": key_of(session), "account_id": DESK, "name": name, "ts_wall": now}
            rows.connection.execute(insert(LOGINS).values(row))
            rows.audit(DESK, "login", user=name, address=address)

    def user_of(self, session: str) -> User | None:
        """Who is logged in on a session; None if nobody is, or it has expired."""
        alive = LOGINS.c.ts_wall > self._now() - LONGEST_S * 1_000_000_000
        query = select(USERS.c.name, USERS.c.role).join(LOGINS, LOGINS.c.name == USERS.c.name)
        with self._journal.reading() as connection:
            row = connection.execute(query.where(LOGINS.c.key == key_of(session), alive)).first()
        return User(row.name, Role(row.role)) if row else None

    def end(self, session: str) -> None:
        """A session is logged out."""
        with self._journal.writing() as rows:
            mine = LOGINS.c.key == key_of(session)
            name = rows.connection.execute(select(LOGINS.c.name).where(mine)).scalar()
            if name is not None:
                rows.connection.execute(delete(LOGINS).where(mine))
                rows.audit(DESK, "logout", user=name)


def key_of(session: str) -> str:
    """What is kept of a session's id."""
    return sha256(session.encode()).hexdigest()
