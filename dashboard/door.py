"""The door: who a browser's session belongs to.

A desk that only its own machine reaches is open while there are no users; then whoever comes may do everything.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from dashboard.logins import Logins
from dashboard.users import User, Users
from domain.errors import TickdeskError
from domain.role import Role

log = logging.getLogger("tickdesk.dashboard")

BELIEVED_S: Final = 1.0
"""So long the page, which asks twice a second, is not looked up again. Whoever acts is looked up each time."""

MOST_REMEMBERED: Final = 1000

ANYBODY: Final = User("", Role.INSTRUCTOR)


class UnknownUserError(TickdeskError):
    """The users cannot be read. Will be tried again."""


class Door:
    """One a process; safe to use from several threads."""

    def __init__(self, users: Users, logins: Logins, is_open: bool) -> None:
        self._users, self._logins, self._is_open = users, logins, is_open
        self._known: dict[str, tuple[float, User | None]] = {}
        self._lock, self._nobody_was_there = threading.Lock(), False

    def user_of(self, session: str, fresh: bool = False) -> User | None:
        """Who asks: a user, ANYBODY on an open desk, or None for who must log in. `fresh` does not believe an older look.

        While the journal cannot be read an open desk stays open, and who only looks is believed; UnknownUserError for others.
        """
        now = time.monotonic()
        with self._lock:
            seen_at, user = self._known.get(session, (0.0, None))
        if not fresh and seen_at and now - seen_at < BELIEVED_S:
            return user
        try:
            user = self._look(session)
        except Exception as error:  # whatever the database says: a page with quotes is better than none
            log.exception("The users cannot be read.")
            if self._nobody_was_there or (seen_at and not fresh):
                return ANYBODY if self._nobody_was_there else user
            raise UnknownUserError("The journal cannot be read, so nobody knows who you are. Try again.") from error
        with self._lock:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[session] = now, user
        return user

    def forget(self, session: str) -> None:
        """Look this session up again at its next request."""
        with self._lock:
            self._known.pop(session, None)

    def _look(self, session: str) -> User | None:
        self._nobody_was_there = self._is_open and not self._users.exist()
        if self._nobody_was_there:
            return ANYBODY
        return self._logins.user_of(session) if session else None
