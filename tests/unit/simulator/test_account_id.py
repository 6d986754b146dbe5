"""The practice account keeps its id over a restart, and gets a new one with a tape or an empty folder."""

from __future__ import annotations

from pathlib import Path

from simulator.account_id import practice_account_id
from simulator.config import PracticeMarketConfig


def test_a_restart_finds_the_same_account(tmp_path: Path) -> None:
    config = PracticeMarketConfig(data_dir=tmp_path / "data")
    assert practice_account_id(config) == practice_account_id(config)
    assert practice_account_id(PracticeMarketConfig(data_dir=tmp_path / "other")) != practice_account_id(config)


def test_a_damaged_file_makes_a_new_account(tmp_path: Path) -> None:
    config = PracticeMarketConfig(data_dir=tmp_path)
    before = practice_account_id(config)
    (tmp_path / "practice-account").write_text("not an id")
    assert practice_account_id(config) != before


def test_a_tape_makes_a_new_account_each_time(tmp_path: Path) -> None:
    config = PracticeMarketConfig(data_dir=tmp_path, tape=tmp_path / "tape.csv.gz")
    assert practice_account_id(config) != practice_account_id(config)
