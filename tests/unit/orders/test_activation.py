"""The activation: each time that the switch is turned on is counted once, whatever restarts in between."""

from __future__ import annotations

import os
from pathlib import Path

from orders.activation import Activations
from orders.journal import Journal
from orders.kill_switch import KillSwitch
from tests.unit.orders.samples import ACCOUNT


def number(kill: KillSwitch, journal: Journal) -> int:
    """As a worker that has just started sees it."""
    found = Activations(journal, ACCOUNT).see(kill.hands())
    return found.number if found else 0


def test_each_turn_of_the_button_is_one_activation_however_often_it_is_looked_at(journal: Journal) -> None:
    kill = KillSwitch(journal, (), False)
    assert number(kill, journal) == 0
    kill.turn(True, "by the button")
    assert number(kill, journal) == number(kill, journal) == 1
    kill.turn(True, "by another button")
    assert number(kill, journal) == 1
    kill.turn(False, "by the button")
    assert number(kill, journal) == 0
    kill.turn(True, "by the button")
    assert number(kill, journal) == 2


def test_off_and_on_again_while_nobody_looked_is_another_one(journal: Journal, tmp_path: Path) -> None:
    kill = KillSwitch(journal, (tmp_path / "KILL",), False)
    kill.turn(True, "x")
    assert number(kill, journal) == 1
    kill.turn(False, "x")
    kill.turn(True, "x")
    assert number(kill, journal) == 2
    kill.turn(False, "x")
    (tmp_path / "KILL").touch()
    assert number(kill, journal) == 3
    (tmp_path / "KILL").unlink()
    (tmp_path / "KILL").touch()
    os.utime(tmp_path / "KILL", ns=(1, 1))
    assert number(kill, journal) == 4


def test_a_second_hand_joins_the_first_and_may_hold_it_alone(journal: Journal, tmp_path: Path) -> None:
    kill = KillSwitch(journal, (tmp_path / "KILL",), False)
    kill.turn(True, "x")
    assert number(kill, journal) == 1
    (tmp_path / "KILL").touch()
    assert number(kill, journal) == 1
    kill.turn(False, "x")
    assert number(kill, journal) == 1


def test_the_environment_is_one_activation_until_a_start_without_it(journal: Journal) -> None:
    with_it, without = KillSwitch(journal, (), True), KillSwitch(journal, (), False)
    assert number(with_it, journal) == number(with_it, journal) == 1
    assert number(without, journal) == 0
    assert number(with_it, journal) == 2


def test_a_file_that_cannot_be_looked_at_holds_it_like_any_other(journal: Journal, tmp_path: Path) -> None:
    looped = tmp_path / "loop"
    looped.symlink_to(looped)
    assert number(KillSwitch(journal, (looped / "KILL",), False), journal) == 1


def test_it_began_when_it_was_noticed(journal: Journal) -> None:
    kill = KillSwitch(journal, (), True)
    first = Activations(journal, ACCOUNT).see(kill.hands())
    assert first is not None and first.since > 1_600_000_000_000_000_000
    assert Activations(journal, ACCOUNT).see(kill.hands()) == first
