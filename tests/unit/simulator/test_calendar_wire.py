"""Trading days as the calendars tell them, and the phases of a day as the clock of v3 does."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.nyse_hours import NyseHours
from domain.session import NEW_YORK, to_ns
from simulator.calendar_wire import calendar_days, find_market, legacy_day, market_clock, market_day, read_day
from simulator.data_query import BadQuery
from simulator.hours import AlwaysOpen


@pytest.fixture(scope="module")
def nyse() -> NyseHours:
    return NyseHours()


def test_a_short_day_a_holiday_and_when_trades_are_settled(nyse):
    days = [legacy_day(day) for day in calendar_days(nyse, date(2026, 11, 25), date(2026, 11, 30))]
    assert [(day["date"], day["settlement_date"]) for day in days] == [
        ("2026-11-25", "2026-11-27"), ("2026-11-27", "2026-11-30"), ("2026-11-30", "2026-12-01"),
    ]  # fmt: skip
    short = days[1]
    assert (short["open"], short["close"], short["session_open"], short["session_close"]) == (
        "09:30",
        "13:00",
        "0400",
        "1700",
    )
    assert days[0]["session_close"] == "2000"


def test_days_can_be_asked_for_by_their_settlement(nyse):
    days = calendar_days(nyse, date(2026, 11, 27), date(2026, 11, 27), by_settlement=True)
    assert [day.session.day for day in days] == [date(2026, 11, 25)]
    assert calendar_days(nyse, date(2026, 11, 27), date(2026, 11, 26)) == []


def test_a_day_that_never_ends_ends_a_minute_before_midnight():
    (day,) = [legacy_day(day) for day in calendar_days(AlwaysOpen(), date(2026, 11, 25), date(2026, 11, 25))]
    assert (day["open"], day["close"], day["session_open"], day["session_close"]) == ("00:00", "23:59", "0000", "2359")


def test_the_parts_of_a_day_in_either_zone(nyse):
    (day,) = calendar_days(nyse, date(2026, 11, 27), date(2026, 11, 27))
    assert market_day(day, NEW_YORK)["pre_start"] == "2026-11-27T04:00:00-05:00"
    assert market_day(day, UTC)["post_end"] == "2026-11-27T22:00:00Z"


@pytest.mark.parametrize(
    ("hour", "phase", "until"),
    [
        (3, "closed", "04:00"),
        (5, "pre", "09:30"),
        (12, "core", "13:00"),
        (14, "post", "17:00"),
        (18, "closed", "04:00"),
    ],
)
def test_the_phases_of_a_short_day(nyse, hour, phase, until):
    clock = market_clock(find_market("XNYS"), nyse, to_ns(datetime(2026, 11, 27, hour, tzinfo=NEW_YORK)))
    assert (clock["phase"], clock["phase_until"][11:16], clock["is_market_day"]) == (phase, until, True)
    assert clock["next_market_close"][:16] == ("2026-11-27T13:00" if hour < 13 else "2026-11-30T16:00")


def test_times_that_no_calendar_reaches_are_refused(nyse):
    with pytest.raises(BadQuery, match="1990-01-02"):
        market_clock(find_market("NYSE"), nyse, to_ns(datetime(1990, 1, 2, tzinfo=NEW_YORK)))
    for text in ("0001-01-01", "9999-12-31T00:00:00Z", "x"):
        with pytest.raises(BadQuery, match="start"):
            read_day({"start": text}, "start", date(2026, 1, 1))


def test_markets_elsewhere_are_not_known():
    assert find_market("nasdaq")["mic"] == "XNAS"
    with pytest.raises(BadQuery, match="LSE"):
        find_market("LSE")
