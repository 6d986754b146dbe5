"""The journal of a whole desk: copied and checked while it runs, refused where it cannot be, and on PostgreSQL that goes away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from orders.journal import Journal
from settings import load_settings
from tests.desk import Desk, desk, wait_until
from tests.postgres_server import PASSWORD, PostgresServer

pytestmark = pytest.mark.slow


def start(made: Desk) -> Desk:
    made.start("run")
    wait_until(lambda: "ready http" in made.log, 60, "the desk is ready")
    return made


def buy(made: Desk, qty: int) -> dict[str, Any]:
    order: dict[str, Any] = json.loads(made.call("order", "buy", "AAPL", str(qty)).stdout)
    return order


def filled(made: Desk) -> int:
    """Shares of AAPL that were filled."""
    settings = load_settings(made.folder / "none", made.environment)
    journal = Journal(settings.journal)
    try:
        return int(sum(fill.qty for fill in journal.fills(journal.connected_account(settings.mode))))
    finally:
        journal.close()


def page_is_ready(made: Desk) -> bool:
    """What the dashboard tells scripts."""
    try:
        with urlopen(f"{made.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except HTTPError:
        return False


def test_a_journal_is_copied_and_checked_while_it_is_written(tmp_path: Path) -> None:
    with desk(tmp_path, SYMBOLS="AAPL") as made:
        start(made)
        assert buy(made, 3)["state"] not in ("denied", "unknown")
        wait_until(lambda: filled(made) == 3, 10, "the fill is booked")
        copied = made.call("journal", "backup", str(tmp_path / "copy.db"))
        assert json.loads(copied.stdout) == {
            "file": str(tmp_path / "copy.db"),
            "bytes": (tmp_path / "copy.db").stat().st_size,
        }
        with sqlite3.connect(tmp_path / "copy.db") as copy:
            assert copy.execute("SELECT sum(qty) FROM trades").fetchone() == (3,)
        again = made.call("journal", "backup", str(tmp_path / "copy.db"))
        assert again.returncode == 2 and "is there already" in again.stderr
        checked = made.call("journal", "check")
        assert checked.returncode == 0 and json.loads(checked.stdout)["findings"] == []
        with sqlite3.connect(tmp_path / "data" / "journal.db") as journal:
            journal.execute("UPDATE positions SET qty = '4'")
        checked = made.call("journal", "check")
        assert checked.returncode == 1 and json.loads(checked.stdout)["findings"][0]["kind"] == "wrong_position"


def test_each_change_of_a_limit_and_of_the_switch_has_a_line_in_the_audit(tmp_path: Path) -> None:
    for limits in ({}, {"MAX_ORDER_QTY": "77", "PRICE_COLLAR_PCT": "3%"}):
        with desk(tmp_path, SYMBOLS="AAPL", **limits) as made:
            start(made)
            made.call("kill", "on")
            made.call("kill", "off")
            lines = json.loads(made.call("audit", "--json").stdout)
    told = [(line["details"]["limit"], line["details"]["now"]) for line in lines if line["what"] == "limit"]
    assert told == [("max_order_qty", "77"), ("price_collar_pct", "0.03")]
    assert [line["details"]["on"] for line in lines if line["what"] == "kill_switch"] == [True, False, True, False]
    assert made.call("audit").stdout.count("\n") == len(lines)


@pytest.mark.parametrize("command", ["run", "worker", "dashboard", "status", "orders", "kill"])
def test_a_journal_that_cannot_be_used_ends_a_command_with_2_and_its_reason(tmp_path: Path, command: str) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "journal.db") as newer:
        newer.execute("CREATE TABLE journal_version (version INTEGER PRIMARY KEY, ts_wall BIGINT)")
        newer.execute("INSERT INTO journal_version VALUES (99, 1)")
    with desk(tmp_path) as made:
        ended = made.call(command, *(["on"] if command == "kill" else []))
    assert ended.returncode == 2, ended.stderr
    assert "JOURNAL_URL: the journal is of version 99" in ended.stderr and "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    made = PostgresServer()
    yield made
    made.close()


def test_a_desk_on_postgresql_trades_and_comes_back_when_the_database_does(
    tmp_path: Path, server: PostgresServer
) -> None:
    with desk(tmp_path, SYMBOLS="AAPL", JOURNAL_URL=server.new_database()) as made:
        start(made)
        buy(made, 3)
        wait_until(lambda: filled(made) == 3, 10, "the fill is booked")
        server.stop()
        try:
            refused = made.call("order", "buy", "AAPL", "1000")
            assert (
                refused.returncode == 1 and "journal cannot be" in refused.stderr and "Traceback" not in refused.stderr
            )
            wait_until(lambda: not page_is_ready(made), 10, "the page says that it is not ready")
            assert made.call("status").returncode == 1
        finally:
            server.start()
        wait_until(lambda: made.status()["ready"], 40, "the desk is ready again")
        buy(made, 4)
        wait_until(lambda: filled(made) == 7, 10, "the second fill is booked")
        checked = made.call("journal", "check")
        assert checked.returncode == 0, checked.stdout
        told = made.call("journal", "backup", "x.dump")
        assert told.returncode == 2 and "pg_dump" in told.stderr
        files = "".join(path.read_text() for path in (tmp_path / "data" / "logs").iterdir())
        assert PASSWORD not in files + made.log + told.stderr + refused.stderr + checked.stdout
        assert not (tmp_path / "data" / "journal.db").exists()
