"""The hours: in which phase the market is. Alpaca's clock has the word; where it is silent the calendar of the exchange has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from domain.nyse_hours import NyseHours
from domain.phase import Phase
from domain.session import NEW_YORK, NS_PER_SECOND, Session, to_ns, trading_day
from domain.status import MarketStatus

CLOCK_SILENT_S: Final = 90.0
"""The clock is read every 30 s at most; after three looks without an answer it counts as silent."""

EVENING: Final = time(20)
"""In New York: when the night begins that belongs to the next day's extended hours."""

AFTERWARDS: Final = timedelta(hours=4)
"""How long extended hours go on after a session."""


@dataclass(slots=True)
class MarketHours:
    """Tells the phase. `calendar_counts`: whether the NYSE's calendar may stand in for a clock that does not answer.

    `extended_counts`: whether extended hours are told from closed ones. Where neither is needed, the calendar is never read:
    that takes a third of a second, once.
    """

    calendar_counts: bool = False
    extended_counts: bool = False
    _calendar: NyseHours | None = None

    def phase(self, market: MarketStatus) -> Phase:
        """The phase at the market's time."""
        if not market.now or market.clock_age_s is None:
            return Phase.UNKNOWN
        if market.clock_age_s > CLOCK_SILENT_S:
            return self._by_calendar(market.now) if self.calendar_counts else Phase.UNKNOWN
        if _is_open(market):
            return Phase.OPEN
        return Phase.EXTENDED if self._is_extended(market.now, market.next_open) else Phase.CLOSED

    def _by_calendar(self, now: int) -> Phase:
        if any(session.opens_at <= now < session.closes_at for session in self._sessions(now)):
            return Phase.OPEN
        return Phase.EXTENDED if self._is_extended(now, 0) else Phase.CLOSED

    def _is_extended(self, now: int, next_open: int) -> bool:
        """Whether an instant outside the session lies in extended hours. `next_open` is what the clock says of the day to
        come, 0 if it says nothing: a calendar that disagrees with it is not believed."""
        for session in self._sessions(now) if self.extended_counts else ():
            opens_by_clock = not next_open or trading_day(next_open) == session.day
            if _night_before(session) <= now < session.opens_at and opens_by_clock:
                return True
            if session.closes_at <= now < _evening(session):
                return True
        return False

    def _sessions(self, now: int) -> list[Session]:
        """Those of the day and its neighbours."""
        if self._calendar is None:
            self._calendar = NyseHours()
        day = trading_day(now)
        return self._calendar.sessions(day - timedelta(days=1), day + timedelta(days=1))


def _is_open(market: MarketStatus) -> bool:
    """What the clock said, carried on to the market's time now: it also said when it will open and close."""
    if market.is_open:
        return not market.next_close or market.now < market.next_close
    return bool(market.next_open) and market.next_open <= market.now < market.next_close


def _night_before(session: Session) -> int:
    """20:00 of the day before a session: the night belongs to the day that follows."""
    return to_ns(datetime.combine(session.day - timedelta(days=1), EVENING, NEW_YORK))


def _evening(session: Session) -> int:
    """When extended hours after a session end: after four hours, which is 20:00, on half days 17:00."""
    return session.closes_at + int(AFTERWARDS.total_seconds()) * NS_PER_SECOND
