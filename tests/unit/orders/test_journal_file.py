"""The journal in a file: how it is opened, who may read it, and what happens when the file cannot be written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from domain.errors import SettingsError, TickdeskError
from orders.journal import Journal, JournalBusyError
from tests.unit.orders.samples import ACCOUNT, order

ROOT: Final = Path(__file__).resolve().parents[3]


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


NO_PLACES: Final = (
    "postgresql://x/y",
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite:////tmp/\0",
    "mysql:///a",
    "journal.db",
    "//:",
)


@pytest.mark.parametrize("url", NO_PLACES)
def test_a_place_that_cannot_be_is_refused_by_its_name(url: str) -> None:
    with pytest.raises(SettingsError, match="JOURNAL_URL"):
        Journal(url)


def test_a_folder_or_a_strange_file_in_its_place_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database " * 500)
    for name in ("folder", "text", "text/below"):
        with pytest.raises(SettingsError, match="JOURNAL_URL"):
            Journal(f"sqlite:///{tmp_path / name}")


def test_a_locked_journal_says_so_and_is_used_again_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.sqlite_file.BUSY_S", 0.05)
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


FULL_DISK: Final = """
import resource, signal, sys
from orders.journal import Journal, JournalBusyError
from tests.unit.orders.samples import order
journal = Journal(f"sqlite:///{sys.argv[1]}")
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
for number in range(10_000):
    try:
        with journal.writing() as rows:
            rows.add_order(order(f"td-{number}", reason="x" * 500))
        print(number, flush=True)
    except JournalBusyError as error:
        print(error, flush=True)
        break
for _ in range(3):
    try:
        with journal.writing() as rows:
            rows.add_order(order("td-full", reason="x" * 50_000))
    except JournalBusyError:
        print(len(journal.orders("account-1", 10_000)), flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with journal.writing() as rows:
    rows.add_order(order("td-after"))
"""


def test_a_full_disk_stops_orders_with_its_reason_and_costs_nothing_that_was_told_as_written(tmp_path: Path) -> None:
    """SQLite gets "file too large" here, as it would get "no space left"; there is room again afterwards."""
    command = [sys.executable, "-c", FULL_DISK, str(file_of(tmp_path))]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    *told, why, first, second, third = ended.stdout.splitlines()
    assert "cannot be written" in why and any(word in why for word in ("full", "I/O error"))
    assert len(told) > 20 and first == second == third == str(len(told))
    journal = Journal(f"sqlite:///{file_of(tmp_path)}")
    expected = {f"td-{number}" for number in range(len(told))} | {"td-after"}
    assert {found.client_order_id for found in journal.orders(ACCOUNT, 10_000)} == expected
    with journal.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    journal.close()


def test_a_damaged_file_is_busy_not_an_accident(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{file_of(tmp_path)}")
    with journal.writing() as rows:
        for number in range(200):
            rows.add_order(order(f"td-{number}"))
    journal.close()
    with file_of(tmp_path).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 40)
    with pytest.raises((JournalBusyError, SettingsError), match="malformed"):
        Journal(f"sqlite:///{file_of(tmp_path)}").orders(ACCOUNT)


AS_SOMEBODY: Final = """
import os, sys
from orders.journal import Journal
Journal(f"sqlite:///{sys.argv[1]}/own/journal.db").close()  # what is imported late is imported now
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Journal(f"sqlite:///{sys.argv[1]}/{sys.argv[2]}/journal.db")
    print("opened")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("theirs", "opened"),
        ("closed", "SettingsError JOURNAL_URL: {folder}/closed/journal.db cannot be used: Permission denied"),
        (
            "closed/below",
            "SettingsError JOURNAL_URL: {folder}/closed/below/journal.db cannot be used: Permission denied",
        ),
        (
            "file of root",
            "SettingsError JOURNAL_URL: {folder}/file of root/journal.db cannot be used: Permission denied",
        ),
    ],
)
def test_a_folder_or_file_that_cannot_be_written_is_refused_by_its_name(place: str, answer: str) -> None:
    """As another user: root may write everywhere, and closes pytest's own folders to others."""
    folder = Path(tempfile.mkdtemp(prefix="tickdesk-closed-"))
    try:
        folder.chmod(0o755)
        for name, mode in (("theirs", 0o777), ("closed", 0o555), ("file of root", 0o777)):
            (folder / name).mkdir()
            (folder / name).chmod(mode)
        (folder / "file of root" / "journal.db").touch(mode=0o644)
        command = [sys.executable, "-c", AS_SOMEBODY, str(folder), place]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert told.stdout.strip() == answer.format(folder=folder), told.stderr
    finally:
        shutil.rmtree(folder)
