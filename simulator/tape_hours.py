"""The hours of a tape: one session for each New York day it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from domain.session import NEW_YORK, Session, to_ns, trading_day
from simulator.bar import NS_PER_MINUTE, minute_of

_OPENS, _CLOSES = time(9, 30), time(16, 0)


def _usual(day: date) -> Session:
    """A New York trading day as it usually is."""
    opens_at, closes_at = (to_ns(datetime.combine(day, at, NEW_YORK)) for at in (_OPENS, _CLOSES))
    return Session(day, opens_at, closes_at)


class TapeHours:
    """Open from 09:30 New York time, or the first event's minute if earlier, to the end of the last event's minute.

    After the tape the usual weekdays follow, so that the clock has a next opening to tell of; it never gets there.
    """

    def __init__(self, moments: Iterable[int]) -> None:
        self._played: dict[date, Session] = {}
        for ts_event in moments:
            day = trading_day(ts_event)
            known = self._played.get(day)
            opens_at = known.opens_at if known else min(_usual(day).opens_at, minute_of(ts_event))
            self._played[day] = Session(day, opens_at, minute_of(ts_event) + NS_PER_MINUTE)
        self.last_day = max(self._played)

    @property
    def closes_at(self) -> int:
        """The end of the tape's last minute."""
        return self._played[self.last_day].closes_at

    def sessions(self, first: date, last: date) -> list[Session]:
        """The tape's sessions, and weekdays after them."""
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        found = (self._played.get(day) or self._following(day) for day in days)
        return [session for session in found if session is not None]

    def _following(self, day: date) -> Session | None:
        return _usual(day) if day > self.last_day and day.weekday() < 5 else None
