"""Symbols that a page wishes for are streamed, with their history, and again after a restart; others are refused in words."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.journal import Journal
from orders.wishes import wish_for
from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, SYMBOLS="AAPL") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 25, "ready")
        yield made


def test_a_wished_symbol_is_streamed_and_survives_a_restart(running: Desk) -> None:
    journal = Journal(f"sqlite:///{running.folder / 'data' / 'journal.db'}")
    before = running.bars("AAPL", "1Min")["start"].iloc[0]
    assert wish_for(journal, " tsla ", "session") == {"symbol": "TSLA"}
    wait_until(lambda: running.status()["cache"]["symbols"] == ["AAPL", "TSLA"], 10, "TSLA is in the cache")
    wait_until(lambda: running.status()["ready"], 10, "live again")
    assert len(running.bars("TSLA", "1Min")) > 1000
    assert running.bars("AAPL", "1Min")["start"].iloc[0] == before
    worker = running.status()["worker"]["pid"]
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: running.status()["worker"]["pid"] != worker and running.status()["ready"], 15, "back")
    assert running.status()["cache"]["symbols"] == ["AAPL", "TSLA"]


def test_what_is_no_stock_is_refused_in_words(running: Desk) -> None:
    journal = Journal(f"sqlite:///{running.folder / 'data' / 'journal.db'}")
    assert "not a stock" in wish_for(journal, "ZZZZ", "session")["error"]
    for hostile in ("", "<b>", None, 7, ["AAPL"], "A" * 100_000):
        assert "Write a symbol" in wish_for(journal, hostile, "session")["error"]
    assert running.status()["cache"]["symbols"] == ["AAPL"]
