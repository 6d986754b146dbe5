"""The hours of the market: which sessions there are, and where an instant stands between them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from domain.session import Session, midnight, trading_day


class Hours(Protocol):
    """The sessions of a market, oldest first."""

    def sessions(self, first: date, last: date) -> list[Session]:
        """The sessions of the New York days `first`..`last`, both included."""
        ...


class AlwaysOpen:
    """Every date is a session from 00:00 to 24:00 New York time (23 or 25 hours when the clocks change)."""

    def sessions(self, first: date, last: date) -> list[Session]:
        """One session for every date."""
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        return [Session(day, midnight(day), midnight(day + timedelta(days=1))) for day in days]


def _around(hours: Hours, ts_event: int) -> list[Session]:
    """Enough sessions on both sides of an instant: no market rests for two weeks."""
    day = trading_day(ts_event)
    return hours.sessions(day - timedelta(days=14), day + timedelta(days=14))


def session_at(hours: Hours, ts_event: int) -> Session | None:
    """The session that an instant lies in, or None when the market is closed then."""
    return next((s for s in _around(hours, ts_event) if s.opens_at <= ts_event < s.closes_at), None)


def next_session(hours: Hours, ts_event: int) -> Session:
    """The first session that opens after an instant."""
    return next(s for s in _around(hours, ts_event) if s.opens_at > ts_event)


def last_session(hours: Hours, ts_event: int) -> Session:
    """The session that an instant lies in, or else the last one before it."""
    return [s for s in _around(hours, ts_event) if s.opens_at <= ts_event][-1]


class Today:
    """Answers where an instant stands, for instants that go on: reads the hours once a session."""

    def __init__(self, hours: Hours) -> None:
        self._hours = hours
        self._session: Session | None = None
        self._closed = range(0)

    def session(self, ts_event: int) -> Session | None:
        """The session that an instant lies in, or None."""
        known = self._session
        if known is not None and known.opens_at <= ts_event < known.closes_at:
            return known
        if ts_event in self._closed:
            return None
        self._session = session_at(self._hours, ts_event)
        if self._session is None:
            self._closed = range(ts_event, next_session(self._hours, ts_event).opens_at)
        return self._session
