"""The wire of the trading API: trading days and clocks as JSON objects. Source: "Trading API" (calendar and clock, v2, v3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple

from domain.session import NEW_YORK, NS_PER_SECOND, Session, to_datetime, to_ns, trading_day
from simulator.data_query import BadQuery, new_york_text, parse_day
from simulator.hours import Hours, next_session, session_at
from simulator.wire_fields import Fields

EARLY = time(4)
LATE_NS = 4 * 3_600 * NS_PER_SECOND  # after the close
SETTLES_WITHIN = timedelta(days=14)
_NAMES = {
    "NYSE": ("XNYS", "New York Stock Exchange"),
    "NASDAQ": ("XNAS", "Nasdaq Stock Market"),
    "IEX": ("IEXG", "Investors Exchange"),
    "OTC": ("OTCM", "OTC Markets"),
}


class Day(NamedTuple):
    """A trading day: the session with what comes before and after it, and when its trades are settled."""

    session: Session
    begins_at: int
    ends_at: int
    settles: date


def calendar_days(hours: Hours, first: date, last: date, *, by_settlement: bool = False) -> list[Day]:
    """The days from `first` to `last`; each is settled on the next one."""
    if first > last:
        return []
    before = SETTLES_WITHIN if by_settlement else timedelta(0)
    sessions = hours.sessions(first - before, last + SETTLES_WITHIN)
    pairs = pairwise(sessions)
    days = [Day(session, *_span(session), following.day) for session, following in pairs]
    return [day for day in days if first <= (day.settles if by_settlement else day.session.day) <= last]


def _span(session: Session) -> tuple[int, int]:
    """Extended hours, as far as the session leaves room for them on its day."""
    early = to_ns(datetime.combine(session.day, EARLY, NEW_YORK))
    midnight = to_ns(datetime.combine(session.day + timedelta(days=1), time(), NEW_YORK))
    return min(session.opens_at, early), min(session.closes_at + LATE_NS, max(session.closes_at, midnight))


def legacy_day(day: Day) -> dict[str, str]:
    """New York wall times, in two ways of writing. One that ends at midnight ends at 23:59 here: clients read the end as
    a time of the same date.
    """
    return {
        "date": day.session.day.isoformat(),
        "open": _wall(day, day.session.opens_at, "%H:%M"),
        "close": _wall(day, day.session.closes_at, "%H:%M"),
        "session_open": _wall(day, day.begins_at, "%H%M"),
        "session_close": _wall(day, day.ends_at, "%H%M"),
        "settlement_date": day.settles.isoformat(),
    }


def _wall(day: Day, moment: int, form: str) -> str:
    local = to_datetime(moment).astimezone(NEW_YORK)
    return f"{local if local.date() == day.session.day else time(23, 59):{form}}"


def market_day(day: Day, zone: tzinfo) -> Fields:
    """The parts of a day as whole times."""
    core_start, core_end = _text(day.session.opens_at, zone), _text(day.session.closes_at, zone)
    return {
        "date": day.session.day.isoformat(),
        "pre_start": _text(day.begins_at, zone),
        "pre_end": core_start,
        "core_start": core_start,
        "core_end": core_end,
        "post_start": core_end,
        "post_end": _text(day.ends_at, zone),
        "settlement_date": day.settles.isoformat(),
    }


def _text(moment: int, zone: tzinfo) -> str:
    return to_datetime(moment).astimezone(zone).isoformat().replace("+00:00", "Z")


def market_clock(market: Fields, hours: Hours, now: int) -> Fields:
    """Where a market stands at an instant. Raises BadQuery for one that no calendar reaches."""
    today = trading_day(now)
    if not any(session.opens_at > now for session in hours.sessions(today, today + SETTLES_WITHIN)):
        raise BadQuery(f"no calendar is known for {today}")
    current, following = session_at(hours, now), next_session(hours, now)
    phase, until = _phase(hours, now)
    return {
        "market": market,
        "timestamp": new_york_text(now),
        "is_market_day": bool(hours.sessions(today, today)),
        "next_market_open": new_york_text(following.opens_at),
        "next_market_close": new_york_text((current or following).closes_at),
        "phase": phase,
        "phase_until": new_york_text(until),
    }


def _phase(hours: Hours, now: int) -> tuple[str, int]:
    today = trading_day(now)
    for session in hours.sessions(today, today + SETTLES_WITHIN):
        begins, ends = _span(session)
        parts = ("closed", begins), ("pre", session.opens_at), ("core", session.closes_at), ("post", ends)
        for phase, until in parts:
            if now < until:
                return phase, until
    raise AssertionError("no market rests for two weeks")


def find_market(name: str) -> Fields:
    """The market of a name or an identifier code. Raises BadQuery for one that is not in New York."""
    for acronym, (code, whole) in _NAMES.items():
        if name.strip().upper() in (acronym, code):
            return {"acronym": acronym, "mic": code, "name": whole, "timezone": "America/New_York"}
    raise BadQuery(f"invalid market: {name}")


def read_zone(parameters: Mapping[str, str]) -> tzinfo:
    """UTC if it is asked for, else New York. Raises BadQuery."""
    name = parameters.get("timezone")
    if name not in (None, "", "UTC"):
        raise BadQuery(f"Invalid format for parameter timezone: {name}")
    return UTC if name else NEW_YORK


def read_day(parameters: Mapping[str, str], name: str, default: date) -> date:
    """A date, or the date of a time. Raises BadQuery."""
    text = parameters.get(name)
    try:
        return parse_day(text) if text else default
    except ValueError as problem:
        raise BadQuery(f"Invalid format for parameter {name}: {text}") from problem
