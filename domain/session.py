"""The trading session: which New York day an instant belongs to, and when that day opens and closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
NS_PER_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day: [opens_at, closes_at) in nanoseconds UTC; `day` is the date in New York."""

    day: date
    opens_at: int
    closes_at: int


def to_ns(moment: datetime) -> int:
    """Nanoseconds UTC of an aware datetime, exact to its microsecond."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * NS_PER_SECOND + delta.microseconds * 1_000


def to_datetime(ts_event: int) -> datetime:
    """The aware UTC datetime of an instant; nanoseconds below the microsecond are cut off."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ts_event // 1_000)


def trading_day(ts_event: int) -> date:
    """The date in New York at an instant."""
    return to_datetime(ts_event).astimezone(NEW_YORK).date()


def midnight(day: date) -> int:
    """Nanoseconds UTC at which a New York day begins: the stamp of Alpaca's daily bars."""
    return to_ns(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK))
