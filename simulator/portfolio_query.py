"""The query of GET /v2/account/portfolio/history: over which windows of time an account is to be valued.

Source: "Trading API" (Get Account Portfolio History).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Self

from domain.session import NEW_YORK, NS_PER_SECOND, midnight, to_datetime, to_ns, trading_day
from simulator.calendar_wire import Day, calendar_days
from simulator.hours import Hours
from simulator.order_list import is_true, moment_of, one_of
from simulator.rejection import malformed

STEPS_S = {"1Min": 60, "5Min": 300, "15Min": 900, "1H": 3_600, "1D": 86_400}
DAY_NS = 86_400 * NS_PER_SECOND
LONGEST_INTRADAY_DAYS, LONGEST_DAYS = 30, 100 * 365
EVENING = time(20)  # a day's point is stamped with the end of its extended hours
_UNITS = {"D": 1, "W": 7, "M": 30, "A": 365}
_PERIOD = re.compile(r"([1-9]\d{0,2})([DWMA])")


@dataclass(frozen=True, slots=True)
class Window:
    """A point of the answer: `stamp` is what it is called, `ends_at` the instant at which the account is valued.

    `resets_at` is the end of the trading day before.
    """

    stamp: int
    ends_at: int
    resets_at: int


@dataclass(frozen=True, slots=True)
class PortfolioQuery:
    """From `start` to `end`, both in nanoseconds UTC; `resets` says that gains count from the day before anew each day."""

    start: int
    end: int
    timeframe: str
    reporting: str
    resets: bool

    @classmethod
    def parse(cls, parameters: Mapping[str, str], now: int) -> Self:
        """A month up to now if nothing else is said. Raises Rejection."""
        start, end, days = _span(parameters, now)
        timeframe = _timeframe(parameters, days)
        named = one_of(parameters, "intraday_reporting", ("market_hours", "extended_hours", "continuous"))
        return cls(
            start=start,
            end=min(end, now),
            timeframe=timeframe,
            reporting=named or ("extended_hours" if is_true(parameters, "extended_hours") else "market_hours"),
            resets=one_of(parameters, "pnl_reset", ("per_day", "no_reset")) != "no_reset",
        )

    @property
    def is_daily(self) -> bool:
        """Whether there is a point a day."""
        return self.timeframe == "1D"

    def windows(self, hours: Hours, since: int = 0) -> list[Window]:
        """The windows that have begun, oldest first; those of days before `since` are of no interest."""
        start = trading_day(max(self.start, min(since, self.end)))
        days = calendar_days(hours, start - timedelta(days=7), trading_day(self.end))
        ends = [day.session.closes_at for day in days]
        pairs = [(day, ends[place - 1] if place else 0) for place, day in enumerate(days)]
        if self.is_daily:
            begun = [(day, before) for day, before in pairs if day.session.opens_at <= self.end]
            return [self._whole(day, before) for day, before in begun if day.session.day >= start]
        found = [window for day, before in pairs for window in self._parts(day, before)]
        begins = max(self.start, midnight(start))
        return [window for window in found if begins <= window.stamp <= self.end]

    def _whole(self, day: Day, before: int) -> Window:
        evening = to_ns(datetime.combine(day.session.day, EVENING, NEW_YORK))
        return Window(evening, min(day.session.closes_at, self.end), before)

    def _parts(self, day: Day, before: int) -> list[Window]:
        step = STEPS_S[self.timeframe] * NS_PER_SECOND
        begins, ends = day.session.opens_at, day.session.closes_at
        if self.reporting == "extended_hours":
            begins, ends = day.begins_at, day.ends_at
        elif self.reporting == "continuous":
            midnight = to_datetime(day.session.opens_at).astimezone(NEW_YORK).replace(hour=0, minute=0, second=0)
            # What lies between two trading days belongs to the first of them.
            begins, ends = to_ns(midnight), to_ns(datetime.combine(day.settles, time(), NEW_YORK))
        return [
            Window(stamp, min(stamp + step, self.end), before) for stamp in range(begins, min(ends, self.end), step)
        ]


def _span(parameters: Mapping[str, str], now: int) -> tuple[int, int, int]:
    """Start, end, and the days between them as the client named them."""
    start, end = moment_of(parameters, "start"), moment_of(parameters, "end")
    period = parameters.get("period")
    if start is not None and end is not None and period:
        raise malformed("only two of start, end and period can be specified at the same time")
    if end is None and parameters.get("date_end"):
        end = (moment_of(parameters, "date_end") or 0) + DAY_NS - 1
    days = _days(period or "1M")
    if start is not None:
        end = end if end is not None else min(start + days * DAY_NS, now) if period else now
        if end < start:
            raise malformed("start must be before end")
        return start, end, -(-(end - start) // DAY_NS)
    end = end if end is not None else now
    return _backwards(end, days), end, days


def _backwards(end: int, days: int) -> int:
    """A period of days begins with the first of them."""
    day = trading_day(end) - timedelta(days=days - 1)
    return to_ns(datetime.combine(day, time(), NEW_YORK))


def _days(period: str) -> int:
    match = _PERIOD.fullmatch(period.upper())
    days = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < days <= LONGEST_DAYS:
        raise malformed("invalid period")
    return days


def _timeframe(parameters: Mapping[str, str], days: int) -> str:
    names = {name.upper(): name for name in STEPS_S} | {"1HOUR": "1H", "1DAY": "1D"}
    text = parameters.get("timeframe")
    if not text:
        return "1Min" if days < 7 else "15Min" if days < LONGEST_INTRADAY_DAYS else "1D"
    found = names.get(text.upper())
    if found is None:
        raise malformed("invalid timeframe")
    if found != "1D" and days > LONGEST_INTRADAY_DAYS:
        raise malformed("only 1D timeframe is allowed for periods longer than 30 days")
    return found
