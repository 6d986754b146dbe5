"""Intervals and sessions: where a bar begins, and which New York day an instant belongs to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.interval import DERIVED_INTERVALS, INTERVALS, LENGTH_NS, TICK_INTERVALS, bar_start
from domain.session import midnight, to_datetime, to_ns, trading_day

SECOND = 1_000_000_000
HOUR = 3_600 * SECOND


def ns(text: str) -> int:
    return to_ns(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_every_interval_but_the_day_is_built_from_ticks_or_minutes() -> None:
    assert (*TICK_INTERVALS, *DERIVED_INTERVALS, "1Day") == INTERVALS


@pytest.mark.parametrize(
    ("at", "interval", "begins"),
    [
        ("2024-03-08T14:37:42.500", "1s", "2024-03-08T14:37:42"),
        ("2024-03-08T14:37:42.500", "1Min", "2024-03-08T14:37:00"),
        ("2024-03-08T14:37:42.500", "5Min", "2024-03-08T14:35:00"),
        ("2024-03-08T14:37:42.500", "15Min", "2024-03-08T14:30:00"),
        ("2024-03-08T14:30:00", "15Min", "2024-03-08T14:30:00"),
        ("2024-03-08T14:37:42.500", "1Day", "2024-03-08T05:00:00"),
        ("2024-07-08T03:59:59.999", "1Day", "2024-07-07T04:00:00"),
        ("2024-07-08T04:00:00", "1Day", "2024-07-08T04:00:00"),
        ("2024-03-10T12:00:00", "1Day", "2024-03-10T05:00:00"),
        ("2024-03-11T03:59:00", "1Day", "2024-03-10T05:00:00"),
        ("2024-11-03T12:00:00", "1Day", "2024-11-03T04:00:00"),
        ("2024-11-04T04:59:00", "1Day", "2024-11-03T04:00:00"),
    ],
)
def test_a_bar_begins_where_its_interval_does(at: str, interval: str, begins: str) -> None:
    assert bar_start(ns(at), interval) == ns(begins)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2024, 3, 10), 23), (date(2024, 11, 3), 25), (date(2024, 6, 3), 24), (date(2012, 6, 21), 24)],
)
def test_a_day_in_new_york_is_as_long_as_its_clocks_say(day: date, hours: int) -> None:
    tomorrow = date.fromordinal(day.toordinal() + 1)
    assert midnight(tomorrow) - midnight(day) == hours * HOUR
    assert trading_day(midnight(day)) == trading_day(midnight(tomorrow) - 1) == day


instants = st.integers(0, 4_000_000_000 * SECOND)


@given(instants, st.sampled_from(INTERVALS))
def test_an_instant_lies_in_its_bar_and_a_bar_begins_at_its_own_start(at: int, interval: str) -> None:
    start = bar_start(at, interval)
    assert start <= at < start + LENGTH_NS.get(interval, 25 * HOUR)
    assert bar_start(start, interval) == start


@given(instants)
def test_the_day_is_the_date_on_a_clock_in_new_york(at: int) -> None:
    seconds = datetime.fromtimestamp(at // SECOND, ZoneInfo("America/New_York"))
    assert trading_day(at) == seconds.date()


@given(instants)
def test_an_instant_survives_the_way_through_a_datetime_to_its_microsecond(at: int) -> None:
    assert to_ns(to_datetime(at)) == at - at % 1_000
