"""The journal: what is in it is on the disk, whole, and nobody writes between a look and a write."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import SettingsError, TickdeskError
from domain.order import INTENT, SENDING, Side
from orders.journal import Journal, JournalBusyError
from tests.unit.orders.samples import ACCOUNT, fill, order, values

ROOT = Path(__file__).resolve().parents[3]


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_it_is_written_through_to_the_disk(journal: Journal, tmp_path: Path) -> None:
    with journal.writing() as rows:
        pragmas = ("journal_mode", "synchronous", "fullfsync", "foreign_keys")
        answers = [rows._connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert answers == ["wal", 2, 1, 1]
    with sqlite3.connect(file_of(tmp_path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nobody_else_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = Journal(f"sqlite:///{tmp_path / 'new' / 'journal.db'}")
        with made.writing() as rows:
            rows.add_order(order())
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "new").iterdir()}
        assert set(modes.values()) == {"0o600"} and len(modes) == 3
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
        made.close()
    finally:
        os.umask(before)


@pytest.mark.parametrize("url", ["postgresql://x/y", "sqlite://", "sqlite:///:memory:x/../nowhere/\0", "mysql:///a"])
def test_a_place_that_cannot_be_is_refused_by_its_name(url: str) -> None:
    with pytest.raises((SettingsError, ValueError)):
        Journal(url)


def test_a_folder_or_a_strange_file_in_its_place_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database " * 500)
    for name in ("folder", "text", "text/below"):
        with pytest.raises(SettingsError, match="JOURNAL_URL"):
            Journal(f"sqlite:///{tmp_path / name}")


def test_an_order_comes_back_digit_for_digit(journal: Journal) -> None:
    wanted = order(
        side=Side.SELL, qty=Decimal("0.123456789"), limit_price=Decimal("100.10"), reason="<b>ü</b>", external=True
    )
    with journal.writing() as rows:
        rows.add_order(wanted)
    found = journal.order("td-1")
    assert found is not None and replace(found, updated_at=0) == wanted and found.updated_at > 0


def test_a_fill_is_unique_by_account_and_execution(journal: Journal) -> None:
    one = fill("1", "2", execution_id="same")
    with journal.writing() as rows:
        assert rows.add_fill(one, Decimal(1))
        assert not rows.add_fill(replace(one, qty=Decimal(9)), Decimal(9))
        assert rows.add_fill(replace(one, account_id="another"), Decimal(1))
    assert [values(each.account_id, each.qty) for each in journal.fills(ACCOUNT) + journal.fills("another")] == [
        (ACCOUNT, 1),
        ("another", 1),
    ]


def test_what_fails_in_the_middle_leaves_nothing(journal: Journal) -> None:
    with pytest.raises(ZeroDivisionError), journal.writing() as rows:
        rows.add_intent(order(), "s", "f", [], Decimal(1))
        rows.add_fill(fill("1", "2"), Decimal(1))
        rows.put_state(ACCOUNT, "x", 1)
        rows.audit(ACCOUNT, "x")
        raise ZeroDivisionError
    assert journal.order("td-1") is None and journal.fills(ACCOUNT) == [] and journal.last_change() == 0
    with journal.writing() as rows:
        assert rows.state(ACCOUNT, "x") is None
        rows.add_order(order())
    assert journal.order("td-1") is not None


def test_a_row_is_claimed_by_one(journal: Journal) -> None:
    with journal.writing() as rows:
        rows.add_order(order(state=INTENT))

    def claim(_: int) -> bool:
        with journal.writing() as rows:
            return rows.claim("td-1", ACCOUNT, INTENT, SENDING)

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(claim, range(24))) == [False] * 23 + [True]


def test_a_locked_journal_says_so_and_is_used_again_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.engine.BUSY_S", 0.05)
    journal = Journal(f"sqlite:///{file_of(tmp_path)}")
    other = sqlite3.connect(file_of(tmp_path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalBusyError, match="locked") as caught, journal.writing():
        pass
    assert isinstance(caught.value, TickdeskError)
    assert journal.orders(ACCOUNT) == []
    other.execute("ROLLBACK")
    with journal.writing() as rows:
        rows.add_order(order())
    assert journal.order("td-1") is not None


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from orders.journal import Journal
from tests.unit.orders.samples import order, values
journal = Journal(f"sqlite:///{sys.argv[2]}")
for number in range(100_000):
    with journal.writing() as rows:
        rows.add_order(order(f"td-{number}"))
    print(number, flush=True)
"""


def test_what_was_told_as_written_outlives_kill_9(tmp_path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(ROOT), str(file_of(tmp_path))]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        for line in writer.stdout:
            if int(line) >= 30:
                break
        writer.send_signal(signal.SIGKILL)
        told = [int(line) for line in writer.communicate()[0].split("\n") if line.strip().isdigit()] or [30]
        journal = Journal(f"sqlite:///{file_of(tmp_path)}")
        assert {f"td-{number}" for number in range(max(told) + 1)} <= {
            row.client_order_id for row in journal.orders(ACCOUNT, 100_000)
        }
        with journal.writing() as rows:
            assert rows._connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        journal.close()
        for path in tmp_path.iterdir():
            path.unlink()


def test_wishes_are_counted_by_holder(journal: Journal) -> None:
    with journal.writing() as rows:
        for symbol, holder in (("MSFT", "a"), ("AAPL", "a"), ("AAPL", "b"), ("AAPL", "b")):
            rows.wish(symbol, holder, True)
        rows.wish("AAPL", "a", False)
        rows.wish("MSFT", "a", False)
    assert journal.wished_symbols() == ["AAPL"]


def test_a_command_is_open_until_it_is_answered(journal: Journal) -> None:
    with journal.writing() as rows:
        number = rows.add_command(ACCOUNT, "watch", {"symbol": "SPY"})
    assert journal.open_commands() == [(number, "watch", {"symbol": "SPY"})] and journal.command_result(number) is None
    with journal.writing() as rows:
        rows.answer_command(number, {"ok": True})
    assert journal.open_commands() == [] and journal.command_result(number) == {"ok": True}


def test_processes_that_start_together_open_one_journal(tmp_path: Path) -> None:
    program = "import sys; from orders.journal import Journal; print(Journal(sys.argv[1]).last_change())"
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    command = [sys.executable, "-c", program, url]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate(timeout=30)[0].strip() for process in started] == ["0"] * 6
