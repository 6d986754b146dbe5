"""A tape through all three processes: the bars in the cache are the bars that pandas makes of the tape's trades."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pandas as pd
import pytest

from tests.desk import Desk, desk, wait_until
from tests.tapes import LENGTHS, bars_of, difference, real_tape, write_tape

SPEED = {"SIMULATOR_SPEED": "120"}


def test_every_bar_of_a_tape_is_exact(tmp_path: Path) -> None:
    assert play(tmp_path, write_tape(tmp_path / "tape.csv.gz", minutes=24), kill_worker=False) > 15


def test_bars_are_exact_after_a_worker_was_killed(tmp_path: Path) -> None:
    assert play(tmp_path, write_tape(tmp_path / "tape.csv.gz", minutes=24), kill_worker=True) > 15


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_real_tape_is_exact_though_the_worker_is_killed(tmp_path: Path) -> None:
    tape = real_tape()
    if tape is None:
        pytest.skip("the real tape is not on this machine (set TICKDESK_TAPE)")
    assert play(tmp_path / "killed", tape, kill_worker=True) == 216


def play(folder: Path, tape: Path, kill_worker: bool) -> int:
    """Play a tape to its end through a whole desk and compare every bar; the number of minutes."""
    folder.mkdir(exist_ok=True)
    with desk(folder, SIMULATOR_TAPE=str(tape), **SPEED) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        if kill_worker:
            kill_at_half(made, tape)
        wait_until(lambda: made.status()["stream"]["state"] == "quiet", 180, "the tape has been played")
        for interval in LENGTHS:
            assert_bars_equal(made, tape, interval)
        assert made.status()["stream"]["bar_mismatches"] == 0
    return len(bars_of(tape, "1Min"))


def kill_at_half(made: Desk, tape: Path) -> None:
    half = len(bars_of(tape, "1Min")) // 2
    wait_until(lambda: made.final_bars(symbol_of(tape), "1Min") >= half, 120, "half of the tape")
    killed = made.status()["worker"]["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: made.status()["worker"]["pid"] != killed, 10, "another worker")
    wait_until(lambda: made.status()["stream"]["connects"] >= 1, 10, "the new worker is connected")


def assert_bars_equal(made: Desk, tape: Path, interval: str) -> None:
    symbol, expected = symbol_of(tape), bars_of(tape, interval)
    wait_until(
        lambda: made.final_bars(symbol, interval) >= len(expected),
        10,
        f"{len(expected)} closed bars of {interval}",
    )
    assert difference(made.bars(symbol, interval), expected) == ""


def symbol_of(tape: Path) -> str:
    return str(pd.read_csv(tape, nrows=1)["symbol"][0])
