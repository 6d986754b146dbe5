"""The hours: the clock's word, carried on; the calendar's where the clock is silent; and closed where nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from domain.phase import Phase
from domain.session import NEW_YORK, to_ns
from domain.status import MarketStatus
from orders.hours import MarketHours

EXCHANGE, PRACTICE = MarketHours(calendar_counts=True, extended_counts=True), MarketHours(extended_counts=True)


def at(text: str) -> int:
    return to_ns(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK))


def silent(text: str) -> MarketStatus:
    """The clock has not answered for two minutes."""
    return MarketStatus(at(text), 1.0, True, 0, 0, 120.0)


CALENDAR = [
    ("2026-11-20T09:29:59", Phase.EXTENDED),
    ("2026-11-20T09:30:00", Phase.OPEN),
    ("2026-11-20T15:59:59", Phase.OPEN),
    ("2026-11-20T16:00:00", Phase.EXTENDED),
    ("2026-11-20T19:59:59", Phase.EXTENDED),
    ("2026-11-20T20:00:00", Phase.CLOSED),
    ("2026-11-21T12:00:00", Phase.CLOSED),
    ("2026-11-22T19:59:59", Phase.CLOSED),
    ("2026-11-22T20:00:00", Phase.EXTENDED),
    ("2026-11-23T03:00:00", Phase.EXTENDED),
    ("2026-11-26T12:00:00", Phase.CLOSED),
    ("2026-11-27T12:59:59", Phase.OPEN),
    ("2026-11-27T13:00:00", Phase.EXTENDED),
    ("2026-11-27T17:00:00", Phase.CLOSED),
    ("2026-12-24T13:30:00", Phase.EXTENDED),
    ("2026-12-25T10:00:00", Phase.CLOSED),
    ("2027-01-01T10:00:00", Phase.CLOSED),
]


@pytest.mark.parametrize(("text", "phase"), CALENDAR)
def test_the_calendar_stands_in_for_a_silent_clock(text: str, phase: Phase) -> None:
    assert EXCHANGE.phase(silent(text)) is phase
    assert PRACTICE.phase(silent(text)) is Phase.UNKNOWN


@pytest.mark.parametrize(
    ("utc", "phase"),
    [
        ("2026-03-06T14:29:59+00:00", Phase.EXTENDED),
        ("2026-03-06T14:30:00+00:00", Phase.OPEN),
        ("2026-03-09T13:29:59+00:00", Phase.EXTENDED),
        ("2026-03-09T13:30:00+00:00", Phase.OPEN),
        ("2026-11-02T14:29:59+00:00", Phase.EXTENDED),
        ("2026-11-02T14:30:00+00:00", Phase.OPEN),
        ("2026-11-02T20:59:59+00:00", Phase.OPEN),
        ("2026-11-02T21:00:00+00:00", Phase.EXTENDED),
    ],
)
def test_the_open_moves_with_the_clocks_of_new_york(utc: str, phase: Phase) -> None:
    moment = MarketStatus(to_ns(datetime.fromisoformat(utc)), clock_age_s=120.0)
    assert EXCHANGE.phase(moment) is phase


FRIDAY = MarketStatus(at("2026-11-20T12:00:00"), 1.0, True, at("2026-11-23T09:30:00"), at("2026-11-20T16:00:00"))
NIGHT = MarketStatus(at("2026-11-20T05:00:00"), 1.0, False, at("2026-11-20T09:30:00"), at("2026-11-20T16:00:00"))


@pytest.mark.parametrize("hours", [EXCHANGE, PRACTICE])
def test_the_clock_has_the_word_and_it_also_said_when_it_will_change(hours: MarketHours) -> None:
    assert hours.phase(FRIDAY) is Phase.OPEN
    assert hours.phase(replace(FRIDAY, now=FRIDAY.next_close - 1)) is Phase.OPEN
    assert hours.phase(replace(FRIDAY, now=FRIDAY.next_close)) is not Phase.OPEN
    assert hours.phase(NIGHT) is Phase.EXTENDED
    assert hours.phase(replace(NIGHT, now=NIGHT.next_open)) is Phase.OPEN


def test_the_clock_is_believed_against_the_calendar() -> None:
    """A day of mourning: the calendar knows of no such thing, the clock says that the market opens on Monday."""
    shut = MarketStatus(at("2026-11-20T12:00:00"), 1.0, False, at("2026-11-23T09:30:00"), at("2026-11-23T16:00:00"))
    assert EXCHANGE.phase(shut) is Phase.CLOSED
    assert EXCHANGE.phase(replace(shut, now=at("2026-11-20T08:00:00"))) is Phase.CLOSED
    holiday = replace(FRIDAY, now=at("2026-11-26T12:00:00"), next_close=at("2026-11-26T16:00:00"))
    assert EXCHANGE.phase(holiday) is Phase.OPEN


@pytest.mark.parametrize(("age_s", "phase"), [(0.0, Phase.OPEN), (90.0, Phase.OPEN), (90.1, Phase.UNKNOWN)])
def test_an_old_word_of_the_practice_clock_is_no_word(age_s: float, phase: Phase) -> None:
    assert PRACTICE.phase(replace(FRIDAY, clock_age_s=age_s)) is phase


def test_nobody_knows_before_the_first_answer() -> None:
    assert EXCHANGE.phase(MarketStatus()) is PRACTICE.phase(MarketStatus()) is Phase.UNKNOWN


@pytest.mark.parametrize("text", ["2026-11-20T08:00:00", "2026-11-20T17:00:00", "2026-11-20T23:00:00"])
def test_without_extended_hours_there_is_open_and_closed(text: str) -> None:
    assert MarketHours(calendar_counts=True).phase(silent(text)) is Phase.CLOSED
    assert MarketHours().phase(replace(NIGHT, now=at(text), next_open=at("2026-11-23T09:30:00"))) is Phase.CLOSED


def test_the_calendar_is_not_read_unless_it_is_needed() -> None:
    hours = MarketHours(calendar_counts=True)
    assert (hours.phase(FRIDAY), hours.phase(NIGHT)) == (Phase.OPEN, Phase.CLOSED)
    assert hours._calendar is None
    assert hours.phase(silent("2026-11-20T12:00:00")) is Phase.OPEN and hours._calendar is not None
