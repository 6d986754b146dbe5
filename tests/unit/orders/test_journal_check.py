"""The check: a sound journal has no findings, and each kind of damage has its own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import delete, text, update

from domain.order import Side
from orders.journal import Journal
from orders.journal_check import check_journal
from orders.journal_writer import JournalWriter
from orders.sqlite_file import copy_file
from orders.tables import ORDERS, POSITIONS, TRADES
from orders.updates import take_fill
from tests.unit.orders.samples import ACCOUNT, fill, holding, order

BACKENDS: Final = ("sqlite", "postgresql")
LATER: Final = 120 * 10**9


@pytest.fixture
def sound(journal: Journal) -> Journal:
    """A journal in which an adopted position, two orders and their fills agree."""
    with journal.writing() as rows:
        rows.put_position(holding(-4, -400))
        rows.audit(ACCOUNT, "position_adopted", symbol="AAPL", qty=Decimal(-4))
        rows.add_order(order(filled_qty=Decimal(10), state="filled"))
        rows.add_order(order("elsewhere", filled_qty=Decimal(7), external=True, symbol="MSFT"))
        take_fill(rows, fill("3", "100", execution_id="x-1"), Decimal(3))
        take_fill(rows, fill("7", "101", execution_id="x-2"), Decimal(10))
        sold = replace(fill("2", "50", Side.SELL, "x-3", "MSFT"), client_order_id="elsewhere")
        take_fill(rows, sold, Decimal(7))
    return journal


def kinds(journal: Journal) -> list[tuple[str, str]]:
    return [(found.kind, found.about) for found in check_journal(journal, time.time_ns() + LATER)]


def test_a_sound_journal_has_no_findings(sound: Journal) -> None:
    assert kinds(sound) == []


def lose_order(rows: JournalWriter) -> None:
    rows.connection.execute(delete(ORDERS).where(ORDERS.c.client_order_id == "td-1"))


def lose_fill(rows: JournalWriter) -> None:
    rows.connection.execute(delete(TRADES).where(TRADES.c.execution_id == "x-2"))


def move_position(rows: JournalWriter) -> None:
    rows.connection.execute(update(POSITIONS).where(POSITIONS.c.symbol == "AAPL").values(qty="6.000000001"))


def lose_position(rows: JournalWriter) -> None:
    rows.connection.execute(delete(POSITIONS).where(POSITIONS.c.symbol == "MSFT"))


def fill_order_too_far(rows: JournalWriter) -> None:
    rows.change_order("td-1", ACCOUNT, filled_qty=Decimal(11))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lose_order, [("orphan_fill", "x-1"), ("orphan_fill", "x-2")]),
        (lose_fill, [("wrong_position", "AAPL"), ("wrong_order", "td-1")]),
        (move_position, [("wrong_position", "AAPL")]),
        (lose_position, [("wrong_position", "MSFT")]),
        (fill_order_too_far, [("wrong_order", "td-1")]),
    ],
)
def test_each_damage_is_found(
    sound: Journal, damage: Callable[[JournalWriter], None], found: list[tuple[str, str]]
) -> None:
    with sound.writing() as rows:
        damage(rows)
    assert kinds(sound) == found


def test_an_order_that_just_changed_may_wait_for_its_fills(sound: Journal) -> None:
    with sound.writing() as rows:
        fill_order_too_far(rows)
    assert check_journal(sound) == []


def test_the_check_sees_one_moment_and_holds_nobody_up(sound: Journal) -> None:
    with sound.one_moment() as connection:
        before = connection.execute(text("SELECT count(*) FROM trades")).scalar()
        with sound.writing() as rows:
            take_fill(rows, fill("1", "100", execution_id="x-4"), Decimal(11))
        assert connection.execute(text("SELECT count(*) FROM trades")).scalar() == before == 3
    assert len(sound.fills(ACCOUNT)) == 4


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    with journal.writing() as rows:
        for number in range(400):
            rows.add_order(order(f"td-{number}"))
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'orders_by_state'").fetchone()[0]
    with (tmp_path / "journal.db").open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x00" * 4096)
    damaged = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    assert {found.kind for found in check_journal(damaged)} == {"damaged_file"}
    damaged.close()


def test_a_copy_is_whole_private_and_never_over_another_file(tmp_path: Path) -> None:
    journal = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    with journal.writing() as rows:
        rows.add_order(order("td-1"))
    with journal.writing() as rows:
        rows.add_order(order("td-2"))
        copy_file(tmp_path / "journal.db", tmp_path / "copy.db")  # while a writer is at work
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        copy_file(tmp_path / "journal.db", tmp_path / "copy.db")
    with pytest.raises(OSError):
        copy_file(tmp_path / "journal.db", tmp_path / "nowhere" / "copy.db")
    copied = Journal(f"sqlite:///{tmp_path / 'copy.db'}")
    assert [found.client_order_id for found in copied.orders(ACCOUNT)] == ["td-1"] and check_journal(copied) == []
    copied.close()
    journal.close()
