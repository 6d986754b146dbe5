"""The market's clock: its rate, its pauses, and where it began."""

from __future__ import annotations

from simulator.market_time import MarketTime
from simulator.tape_market import TapeMarket
from tests.unit.simulator.room import quote


class Wall:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = 1_000

    def __call__(self) -> int:
        return self.moment


def test_a_pause_stands_whatever_rate_is_set_and_goes_on_from_there():
    wall = Wall()
    clock = MarketTime(wall, anchor=0, rate=2)
    wall.moment += 10
    clock.pause()
    wall.moment += 50
    clock.set_rate(3)
    assert (clock.now(), clock.is_paused, clock.rate) == (20, True, 3)
    clock.jump(100)
    wall.moment += 50
    assert clock.now() == 100
    clock.resume()
    wall.moment += 5
    assert clock.now() == 115
    clock.resume()
    assert clock.now() == 115


def test_it_can_start_over_as_if_nobody_had_touched_it():
    wall = Wall()
    clock = MarketTime(wall, anchor=7, rate=1)
    clock.jump(5_000)
    clock.set_rate(9)
    clock.pause()
    wall.moment += 100
    clock.start_over()
    assert (clock.now(), clock.rate, clock.is_paused) == (107, 1, False)


def test_a_rewound_tape_waits_at_its_first_second_again():
    wall = Wall()
    tape = TapeMarket([quote(1, 1.0, 1, 1.1, 1), quote(9, 1.0, 1, 1.2, 1)], 4.0, wall)
    tape.start()
    wall.moment += 10**9
    assert tape.time.now() == tape.begins_at + 4 * 10**9 and len(tape.advance(tape.time.now())) == 1
    tape.rewind()
    tape.begin()
    wall.moment += 10**9
    assert (tape.time.now(), tape.time.rate, tape.played_until) == (tape.begins_at, 0, tape.begins_at)
    tape.start()
    wall.moment += 10**9
    assert tape.time.now() == tape.begins_at + 4 * 10**9 and len(tape.advance(tape.time.now())) == 1


def test_a_tape_that_is_paused_before_it_is_heard_does_not_begin():
    wall = Wall()
    tape = TapeMarket([quote(1, 1.0, 1, 1.1, 1)], 4.0, wall)
    tape.time.pause()
    tape.start()
    wall.moment += 10**9
    assert tape.time.now() == tape.begins_at
    tape.time.resume()
    wall.moment += 10**9
    assert tape.time.now() == tape.begins_at + 4 * 10**9
