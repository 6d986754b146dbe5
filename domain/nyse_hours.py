"""The New York Stock Exchange's hours, holidays and half days included."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.session import Session


class NyseHours:
    """The calendar XNYS of exchange_calendars; 2006 to about a year from today."""

    def __init__(self) -> None:
        # Half a second and pandas: only for those who asked for these hours.
        import exchange_calendars

        self._calendar: Any = exchange_calendars.get_calendar("XNYS")
        self._known: dict[tuple[date, date], list[Session]] = {}

    def sessions(self, first: date, last: date) -> list[Session]:
        """The sessions of the days `first`..`last` as far as the calendar reaches."""
        span = (first, last)
        if span not in self._known:
            if len(self._known) > 64:
                self._known.clear()
            self._known[span] = self._read(first, last)
        return self._known[span]

    def _read(self, first: date, last: date) -> list[Session]:
        schedule = self._calendar.schedule.loc[first.isoformat() : last.isoformat()]
        rows = zip(schedule.index, schedule["open"], schedule["close"], strict=True)
        return [
            Session(day.date(), opens_at.as_unit("ns").value, closes_at.as_unit("ns").value)
            for day, opens_at, closes_at in rows
        ]
