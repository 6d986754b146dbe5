"""Users: who may log in, and as what. Passwords are kept as argon2id hashes only."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update

from dashboard.login_tries import forget_name
from domain.errors import TickdeskError
from domain.role import Role
from orders.journal import DESK, Journal
from orders.journal_writer import JournalWriter
from orders.tables import LOGINS, USERS

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SHORTEST: Final = 10
"""Characters of a password: with the limit on tries that is out of reach for guessing over the network."""

LONGEST: Final = 1024
HASHES_AT_ONCE: Final = 2
"""One hash takes 64 MiB and a processor for some 50 ms; the page must go on beside them."""


class UserError(TickdeskError):
    """A user cannot be made or changed as asked. Needs a person."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in."""

    name: str
    role: Role


class Users:
    """The users of a desk, in its journal. Safe to share between threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._hasher = journal, PasswordHasher()
        self._turn = threading.BoundedSemaphore(HASHES_AT_ONCE)

    def exist(self) -> bool:
        """Whether there is any."""
        with self._journal.reading() as connection:
            return bool(connection.execute(select(func.count()).select_from(USERS)).scalar())

    def all(self) -> list[User]:
        """Every user, by name."""
        with self._journal.reading() as connection:
            rows = connection.execute(select(USERS.c.name, USERS.c.role).order_by(USERS.c.name)).all()
        return [User(row.name, Role(row.role)) for row in rows]

    def add(self, name: str, role: Role, password: str, by: str) -> User:
        """Make a user. UserError for a name that is taken or cannot be one, and for a weak password."""
        known, hashed = checked_name(name), self._hash(password)
        with self._journal.writing() as rows:
            if rows.connection.execute(select(USERS.c.name).where(USERS.c.name == known)).first():
                raise UserError(f"{known}: is a user already; `user password {known}` gives another password")
            row = {
                "name": known,
                "account_id": DESK,
                "role": role.value,
                "password_hash": hashed,
                "ts_wall": time.time_ns(),
            }
            rows.connection.execute(insert(USERS).values(row))
            rows.audit(DESK, "user_add", user=known, role=role.value, by=by)
        return User(known, role)

    def remove(self, name: str, by: str) -> None:
        """Remove a user, whose sessions end. UserError if there is none of that name."""
        with self._journal.writing() as rows:
            if not rows.connection.execute(delete(USERS).where(USERS.c.name == name.lower())).rowcount:
                raise UserError(f"{name}: is not a user")
            _end_sessions(rows, name.lower())
            rows.audit(DESK, "user_remove", user=name.lower(), by=by)

    def change_password(self, name: str, password: str, by: str) -> None:
        """Give another password: sessions of the user end, and a lock on the name is taken off. UserError as above."""
        hashed = self._hash(password)
        with self._journal.writing() as rows:
            mine = update(USERS).where(USERS.c.name == name.lower()).values(password_hash=hashed)
            if not rows.connection.execute(mine).rowcount:
                raise UserError(f"{name}: is not a user")
            _end_sessions(rows, name.lower())
            rows.audit(DESK, "user_password", user=name.lower(), by=by)

    def verified(self, name: str, password: str) -> User | None:
        """The user whose name and password these are. Takes as long for a name that nobody has."""
        known = name.strip().lower()
        with self._journal.reading() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == known)).first()
        right = self._is_right(row.password_hash if row else self._nobodys, password)
        return User(row.name, Role(row.role)) if row and right else None

    def _hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise UserError(f"The password needs {SHORTEST} to {LONGEST} characters.")
        return self._hasher.hash(password)

    def _is_right(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST:
            return False
        with self._turn:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")


def checked_name(name: str) -> str:
    """The name as it is kept, in lower case. UserError if it cannot be one."""
    known = name.strip().lower()
    if not NAME.fullmatch(known):
        raise UserError(f"{name!r}: a name has up to 32 letters, digits, dots, dashes and underlines")
    return known


def _end_sessions(rows: JournalWriter, name: str) -> None:
    rows.connection.execute(delete(LOGINS).where(LOGINS.c.name == name))
    forget_name(rows, name)
