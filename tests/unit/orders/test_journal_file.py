"""The journal in a file: how it is opened, who may read it, and what happens when the file cannot be written."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

import pytest

from domain.errors import SettingsError, TickdeskError
from orders.journal import Journal, JournalBusyError
from tests.unit.orders.samples import ACCOUNT, order


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
