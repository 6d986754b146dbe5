"""The equity recorder: at the start, every minute, at the stop; a journal that is busy costs a minute, not the worker."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orders import sqlite_file
from orders.equity import EquityPoint, points
from orders.journal import Journal
from stream_worker import equity
from stream_worker.equity import EquityRecorder
from stream_worker.together import end


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0.3)
    monkeypatch.setattr(equity, "LOOK_S", 0.01)
    made = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    yield made
    made.close()


class TinyAccount:
    """An account whose equity grows by a dollar a look."""

    def __init__(self) -> None:
        self.known, self.equity = True, 100_000

    def describe(self) -> dict[str, Any] | None:
        """As Holdings describes it."""
        self.equity += 1
        return {"equity": f"{self.equity}.50", "cash": "10.00", "day_pnl": "-0.50"} if self.known else None


def recorded(journal: Journal) -> list[EquityPoint]:
    with journal.reading() as connection:
        return points(connection, "a")


def recorder(journal: Journal, account: TinyAccount, every_s: float) -> EquityRecorder:
    return EquityRecorder(journal, "a", account.describe, lambda: 77, every_s)


async def run_for(seconds: float, one: EquityRecorder) -> None:
    task = asyncio.create_task(one.run())
    await asyncio.sleep(seconds)
    await end(task)


async def test_it_records_at_the_start_in_between_and_at_the_stop(journal: Journal) -> None:
    before = time.time_ns()
    await run_for(1.0, recorder(journal, TinyAccount(), every_s=0.3))
    found = recorded(journal)
    assert 4 <= len(found) <= 5
    assert (found[0].equity, found[0].cash, found[0].daily_pnl) == (Decimal("100001.50"), Decimal(10), Decimal("-0.50"))
    assert all(each.ts_event == 77 and before < each.ts_wall < time.time_ns() for each in found)
    gaps = [(late.ts_wall - early.ts_wall) / 1e9 for early, late in pairwise(found[:-1])]
    assert all(0.29 < gap < 0.6 for gap in gaps)


async def test_a_minute_is_waited_for_and_the_stop_is_recorded(journal: Journal) -> None:
    await run_for(0.4, recorder(journal, TinyAccount(), every_s=60))
    assert [each.equity for each in recorded(journal)] == [Decimal("100001.50"), Decimal("100002.50")]


async def test_an_account_that_is_not_known_has_no_equity(journal: Journal) -> None:
    account = TinyAccount()
    account.known = False
    await run_for(0.2, recorder(journal, account, every_s=0.05))
    assert recorded(journal) == []


async def test_a_locked_journal_costs_points_but_neither_the_worker_nor_its_stop(
    journal: Journal, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(recorder(journal, TinyAccount(), every_s=0.1).run())
    await asyncio.sleep(0.8)
    assert not task.done() and recorded(journal) == []
    other.execute("ROLLBACK")
    await asyncio.sleep(0.6)
    assert len(recorded(journal)) >= 2
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    await end(task)
    assert time.monotonic() - began < 1.0
    other.close()
