"""What scenarios do to the worth of a share: a function of market time alone."""

from __future__ import annotations

import pytest

from simulator.moves import Drift, Moves, Stir
from simulator.schedule import Schedule


def rising(ts_event: int) -> float:
    return 100.0 + ts_event


def flat(_: int) -> float:
    return 100.0


def test_a_drift_goes_evenly_and_stays():
    drift = Drift(10, 20, 0.81)
    assert [round(drift.factor(moment, flat), 6) for moment in (0, 10, 15, 20, 99)] == [1, 1, 0.9, 0.81, 0.81]


def test_a_stir_makes_moves_larger_and_stays_where_it_got_to():
    stir = Stir(0, 10, 3.0)
    assert rising(10) * stir.factor(10, rising) == pytest.approx(100 * 1.1**3)
    assert stir.factor(50, rising) == stir.factor(10, rising)
    assert Stir(0, 10, 1.0).factor(5, rising) == 1


def test_moves_add_up_and_settle_where_they_are():
    moves = Moves()
    assert not moves
    moves.add(Drift(0, 10, 4.0))
    moves.add(Drift(0, 0, 0.5))
    assert moves and moves.factor(5, flat) == pytest.approx(1.0)
    moves.settle(5, flat)
    assert moves.factor(100, flat) == pytest.approx(1.0)
    moves.clear()
    assert not moves


def test_a_schedule_keeps_the_order_of_time_and_of_asking():
    schedule, done = Schedule(), []
    numbers = [
        schedule.at(moment, lambda name=name: done.append(name)) for moment, name in ((5, "b"), (3, "a"), (5, "c"))
    ]
    assert schedule.next_due() == 3
    schedule.act(4)
    schedule.cancel(numbers[0])
    assert (done, schedule.next_due()) == (["a"], 5)
    schedule.act(5)
    assert (done, schedule.next_due()) == (["a", "c"], None)
