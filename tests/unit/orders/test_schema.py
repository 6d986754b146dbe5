"""The schema: an older journal becomes one of today whole or not at all, a newer one is left alone."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import create_engine, create_mock_engine, inspect, text

from domain.errors import SettingsError
from domain.order import Side
from orders import schema
from orders.journal import DESK, Journal
from orders.tables import METADATA
from tests.unit.orders.samples import ACCOUNT, order

BACKENDS: Final = ("sqlite", "postgresql")
HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]


def make_version_1(url: str) -> None:
    """A journal with the tables and rows of the program that had no versions."""
    statements = (HERE / "journal_of_version_1.sql").read_text().split(";\n")
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            words = statement if "sqlite" in url else statement.replace("id INTEGER NOT NULL", "id BIGSERIAL NOT NULL")
            connection.exec_driver_sql(words.rstrip(";\n"))
    engine.dispose()


def tables(url: str) -> dict[str, list[tuple[str, str, bool]]]:
    """Every table with its columns (name, type, whether it may be null) and indexes (name, columns, whether unique)."""
    engine = create_engine(url)
    looked = inspect(engine)
    indexes = {
        f"indexes of {table}": sorted(
            (str(i["name"]), str(i["column_names"]), bool(i["unique"])) for i in looked.get_indexes(table)
        )
        for table in looked.get_table_names()
    }
    found = {
        table: sorted((str(c["name"]), str(c["type"]), bool(c["nullable"])) for c in looked.get_columns(table))
        for table in looked.get_table_names()
    }
    engine.dispose()
    return found | indexes


def query(url: str, words: str) -> Any:
    engine = create_engine(url)
    with engine.begin() as connection:
        done = connection.execute(text(words))
        rows = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return rows


def test_a_journal_of_before_is_taken_over_with_every_row(journal_url: str) -> None:
    make_version_1(journal_url)
    journal = Journal(journal_url)
    old = journal.order("td-old")
    assert old is not None and (old.state, old.limit_price, old.filled_qty) == (
        "filled",
        Decimal("100.10"),
        Decimal(10),
    )
    assert (old.order_class, old.extended_hours, old.notional, old.parent_id, old.replaces) == (
        "simple",
        False,
        None,
        "",
        "",
    )
    elsewhere = journal.order("elsewhere")
    assert elsewhere is not None and elsewhere.external and elsewhere.stop_price == 90
    assert [fill.execution_id for fill in journal.fills(ACCOUNT)] == ["x-1"]
    assert journal.positions(ACCOUNT)["AAPL"].cost == Decimal("1000.50")
    assert journal.state(DESK, "kill_switch")["on"] is True and journal.wished_symbols() == ["SPY"]
    with journal.writing() as rows:
        rows.add_order(order("td-new", side=Side.SELL, type="trailing_stop", trail_percent=Decimal("1.5")))
    newest = journal.orders(ACCOUNT, 1)[0]
    assert newest.trail_percent == Decimal("1.5") and journal.last_change() == 2
    journal.close()


def test_afterwards_it_has_the_tables_of_a_new_one(journal_url: str, tmp_path: Path) -> None:
    make_version_1(journal_url)
    Journal(journal_url).close()
    upgraded = tables(journal_url)
    for statement in ("DELETE FROM bot_state", *(f"DROP TABLE {name}" for name in upgraded if " " not in name)):
        query(journal_url, statement)
    Journal(journal_url).close()
    assert upgraded == tables(journal_url)
    assert query(journal_url, "SELECT version FROM journal_version") == [(schema.VERSION,)]


def test_the_file_of_before_is_kept_beside_it_and_only_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    make_version_1(url)
    before = query(url, "SELECT * FROM orders")
    for _ in range(2):
        Journal(url).close()
    (copy,) = tmp_path.glob("journal.db.version-1.*")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert query(f"sqlite:///{copy}", "SELECT * FROM orders") == before
    assert "journal_version" not in tables(f"sqlite:///{copy}")


def test_a_change_that_fails_leaves_the_journal_as_it_was(journal_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_version_1(journal_url)
    before = tables(journal_url)
    steps = (*schema.ADDED_COLUMNS[2], ("orders", "broken", "NO SUCH TYPE ("))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "ADDED_COLUMNS", {2: steps})
        with pytest.raises(SettingsError, match="JOURNAL_URL"):
            Journal(journal_url)
    assert tables(journal_url) == before
    Journal(journal_url).close()
    assert query(journal_url, "SELECT count(*) FROM orders") == [(2,)]


FULL: Final = """
import resource, sys
from orders.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
Journal(sys.argv[1])
"""


def test_without_room_for_the_copy_nothing_is_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    make_version_1(url)
    before = tables(url)
    ended = subprocess.run([sys.executable, "-c", FULL, url], cwd=ROOT, capture_output=True, text=True)
    assert "SettingsError: JOURNAL_URL" in ended.stderr and "left as it is" in ended.stderr
    assert tables(url) == before and [path.name for path in tmp_path.iterdir() if "version" in path.name] == []


def test_a_journal_of_a_newer_program_is_refused_and_left_alone(journal_url: str) -> None:
    Journal(journal_url).close()
    query(journal_url, "INSERT INTO journal_version VALUES (99, 1)")
    before = query(journal_url, "SELECT * FROM journal_version ORDER BY version")
    with pytest.raises(
        SettingsError, match="JOURNAL_URL: the journal is of version 99, and this program knows version"
    ):
        Journal(journal_url)
    assert query(journal_url, "SELECT * FROM journal_version ORDER BY version") == before


def test_processes_that_start_together_bring_it_up_to_date_once(journal_url: str, tmp_path: Path) -> None:
    make_version_1(journal_url)
    program = "import sys; from orders.journal import Journal; print(len(Journal(sys.argv[1]).orders('account-1')))"
    command = [sys.executable, "-c", program, journal_url]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(5)]
    assert [process.communicate(timeout=30)[0].split()[-1] for process in started] == ["2"] * 5
    assert query(journal_url, "SELECT version FROM journal_version") == [(schema.VERSION,)]
    assert len(list(tmp_path.glob("journal.db.version-1.*"))) == ("sqlite" in journal_url)


def test_a_table_that_is_missing_is_made(journal_url: str) -> None:
    Journal(journal_url).close()
    query(journal_url, "DROP TABLE equity_curve")
    Journal(journal_url).close()
    assert "equity_curve" in tables(journal_url)


def test_a_locked_file_can_still_be_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    Journal(url).close()
    with sqlite3.connect(tmp_path / "journal.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        opened = Journal(url)
        assert opened.orders(ACCOUNT) == []
        opened.close()


def test_tables_change_only_with_a_new_version() -> None:
    """A column that is added to a table of today is missing in every journal that is out there."""
    words: list[str] = []
    engine: Any = create_mock_engine(
        "sqlite://", lambda sql, *_, **__: words.append(str(sql.compile(dialect=engine.dialect)))
    )
    METADATA.create_all(engine, checkfirst=False)
    found = hashlib.sha256(" ".join(" ".join(sorted(words)).split()).encode()).hexdigest()[:16]
    assert (schema.VERSION, found) == (2, "e28398c96bd06043"), (
        "say what changed in schema.VERSION and ADDED_COLUMNS, then write it here"
    )
