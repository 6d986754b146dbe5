"""The market's clock: offset, speed, pause and jumps, with every real time handed in."""

from __future__ import annotations

import pytest

from domain.clock import MarketClock
from tests.unit.domain.ticks import NOON, NS


def running(rate: float, looks: int = 3) -> MarketClock:
    """A clock that was looked at once a second; real time is `looks - 1` s."""
    clock = MarketClock()
    for second in range(looks):
        clock.look(NOON + int(second * rate * NS), float(second))
    return clock


def test_an_unknown_clock_says_nothing() -> None:
    clock = MarketClock()
    clock.event(NOON, 1.0)
    assert (clock.known, clock.now(5.0)) == (False, 0)


def test_after_one_look_market_time_goes_on_with_real_time() -> None:
    clock = MarketClock()
    assert clock.look(NOON, 100.0) is False
    assert clock.now(102.5) == NOON + 5 * NS // 2


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 120.0])
def test_the_rate_is_learned_from_looks(rate: float) -> None:
    clock = running(rate)
    assert clock.rate == pytest.approx(rate)
    assert clock.now(4.0) == pytest.approx(NOON + 4 * rate * NS, abs=1_000)


def test_a_rate_that_is_almost_one_is_one() -> None:
    assert running(1.03).rate == running(0.97).rate == 1.0


def test_a_paused_market_stands_still_and_goes_on_after() -> None:
    clock = running(1.0)
    for second in (3.0, 4.0):
        clock.look(NOON + 2 * NS, second)
    assert clock.rate == 0.0
    assert clock.now(60.0) == NOON + 2 * NS
    for second in (61.0, 62.0):
        clock.look(NOON + int(second - 58) * NS, second)
    assert clock.now(63.0) == NOON + 5 * NS


def test_looks_in_quick_succession_do_not_spoil_the_rate() -> None:
    clock = running(1.0)
    clock.look(NOON + 2 * NS + 90_000_000, 2.001)
    assert clock.rate == 1.0


def test_time_that_went_back_is_told_and_taken() -> None:
    clock = running(1.0)
    assert clock.look(NOON - 3_600 * NS, 3.0) is True
    assert clock.now(4.0) == NOON - 3_599 * NS
    assert clock.look(NOON - 3_599 * NS, 4.0) is False
    assert clock.rate == 1.0


def test_an_event_ahead_moves_the_clock() -> None:
    clock = running(1.0)
    clock.event(NOON + 3 * NS, 2.0)
    assert clock.now(2.5) == NOON + 7 * NS // 2


def test_an_event_behind_does_not_move_the_clock() -> None:
    clock = running(1.0)
    clock.event(NOON - 50 * NS, 2.0)
    assert clock.now(2.0) == NOON + 2 * NS


@pytest.mark.parametrize(
    ("rate", "ahead_s", "moves"), [(1, 120, True), (1, 121, False), (60, 7_000, True), (60, 7_300, False)]
)
def test_an_event_that_is_implausibly_far_ahead_does_not_move_the_clock(rate: int, ahead_s: int, moves: bool) -> None:
    clock = running(float(rate))
    now = clock.now(2.0)
    clock.event(now + ahead_s * NS, 2.0)
    assert (clock.now(2.0) > now) is moves
