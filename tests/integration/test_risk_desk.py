"""Breaker, kill mode and dry run on a whole desk, in real processes on the practice market."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from broker.order_client import Unclear
from orders.breaker import breaker_status, count
from orders.journal import Journal
from settings import load_settings
from tests.desk import Desk, desk, wait_until

pytestmark = pytest.mark.slow


def journal_of(made: Desk) -> Journal:
    return Journal(load_settings(made.folder / "none", made.environment).journal)


def account_of(made: Desk) -> str:
    journal = journal_of(made)
    try:
        return journal.connected_account("sim")
    finally:
        journal.close()


def fail_five_times(made: Desk) -> None:
    journal = journal_of(made)
    for _ in range(5):
        with journal.writing() as rows:
            count(rows, account_of(made), Unclear("No clear answer from the broker."))
    journal.close()


def is_open(made: Desk) -> bool:
    journal = journal_of(made)
    try:
        return breaker_status(journal, account_of(made)).is_open
    finally:
        journal.close()


def health(made: Desk) -> dict[str, Any]:
    with urlopen(f"{made.url}/healthz", timeout=5) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def order(made: Desk, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(made.call("order", *words).stdout)
    return told


def test_the_breaker_is_told_and_reset_from_the_command_line(tmp_path: Path) -> None:
    with desk(tmp_path, SYMBOLS="AAPL") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        assert health(made)["breaker"] == {"state": "closed", "failures": 0, "why": ""}
        assert health(made)["stream_breaker"]["state"] == "closed"
        fail_five_times(made)
        shown = made.call("breaker")
        assert (shown.returncode, json.loads(shown.stdout)["state"]) == (1, "open")
        assert made.status()["breaker"] == {"state": "open", "failures": 5, "why": "No clear answer from the broker."}
        denied = order(made, "buy", "AAPL", "1")
        assert denied["state"] == "denied" and "5 orders in a row failed" in denied["reason"]
        assert made.call("breaker", "now").returncode == 2
        reset = made.call("breaker", "reset")
        assert (reset.returncode, json.loads(reset.stdout)["failures"]) == (0, 0)
        assert order(made, "buy", "AAPL", "1")["state"] not in ("denied", "rejected")


def test_the_flag_left_in_the_env_file_resets_once(tmp_path: Path) -> None:
    with desk(tmp_path, SYMBOLS="AAPL", CIRCUIT_BREAKER_RESET="true") as made:
        made.start("simulator")
        worker = made.start("worker")
        wait_until(lambda: "by CIRCUIT_BREAKER_RESET" in made.log, 20, "the flag is followed")
        fail_five_times(made)
        worker.terminate()
        worker.wait(8)
        made.start("worker")
        wait_until(lambda: "was followed before" in made.log, 20, "the flag is not followed again")
        assert is_open(made)


def test_the_kill_file_flattens_where_that_is_asked_for(tmp_path: Path) -> None:
    with desk(tmp_path, SYMBOLS="AAPL,SPY", KILL_MODE="flatten") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        assert order(made, "buy", "AAPL", "3")["state"] != "denied"
        assert order(made, "sell", "SPY", "2")["state"] != "denied"
        journal, account = journal_of(made), account_of(made)

        def held() -> dict[str, str]:
            return {symbol: str(row.qty) for symbol, row in journal.positions(account).items() if row.qty}

        wait_until(lambda: held() == {"AAPL": "3", "SPY": "-2"}, 10, "bought and sold")
        (made.folder / "data" / "KILL").touch()
        wait_until(lambda: not held(), 10, "flat")
        journal.close()


def test_a_dry_run_of_a_whole_desk_sends_nothing(tmp_path: Path) -> None:
    with desk(tmp_path, SYMBOLS="AAPL", DRY_RUN="true") as made:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        told = order(made, "buy", "AAPL", "1")
        assert told["state"] == "not_placed" and "DRY_RUN" in told["reason"] and not told["order_id"]
