"""The commands that read: what they print is what the contract says, and mistakes are named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

from tests.desk import Desk, desk, wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all of them: they only read."""
    with desk(tmp_path_factory.mktemp("commands")) as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        yield made


def test_bars_prints_the_columns_of_the_contract(running: Desk) -> None:
    printed = running.call("bars", "aapl", "--interval", "5Min", "--limit", "3", "--csv").stdout
    rows = list(csv.reader(io.StringIO(printed)))
    assert rows[0] == ["start", "open", "high", "low", "close", "volume", "trade_count", "vwap", "final", "revision"]
    assert len(rows) == 4
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d[05]:00Z", row[0]) for row in rows[1:])
    assert [row[8] for row in rows[1:3]] == ["1", "1"]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("bars", "NOSUCH"), "NOSUCH: is not in the cache"),
        (("bars", "AAPL", "--interval", "7Min"), "'7Min' is none of"),
    ],
)
def test_a_mistake_is_named(running: Desk, command: tuple[str, ...], text: str) -> None:
    answer = running.call(*command)
    assert answer.returncode == 2
    assert text in answer.stderr and "Traceback" not in answer.stderr


def test_tail_prints_trades_as_the_lesson_does(running: Desk) -> None:
    running.start("tail", "SPY", "TSLA")
    line = r"(SPY|TSLA) +\$[\d,]+\.\d\d  [\d,]+ shares  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    wait_until(lambda: len(re.findall(line, running.log)) >= 3, 15, "three trades")


def test_status_says_in_a_line_what_it_runs_on(running: Desk) -> None:
    answer = running.call("status")
    assert answer.returncode == 0
    assert answer.stdout.startswith("the practice market (SIM), 15 symbols, stream live")
