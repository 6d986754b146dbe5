"""The queries of docs/journal.md: each runs on its database and gives what it promises."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from broker.order_client import Unclear
from domain.order import DENIED, Side
from orders import breaker
from orders.equity import EquityPoint, add_point
from orders.journal import Journal
from tests.unit.orders.samples import ACCOUNT, fill, order

BACKENDS: Final = ("sqlite", "postgresql")
PAGE: Final = (Path(__file__).resolve().parents[3] / "docs" / "journal.md").read_text()
SECTIONS: Final = re.findall(r"### ([^\n]+)\n(.*?)(?=\n##|\Z)", PAGE, re.S)


def query(title: str, backend: str) -> str:
    """The query under a heading for a database."""
    text = dict(SECTIONS)[title]
    found: list[str] = re.findall(rf"```sql {backend}\n(.*?)```", text, re.S)
    assert len(found) == 1, f"{title}: not one query for {backend}"
    return found[0]


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone that the page says to start SQLite in."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def rows_of(journal: Journal, title: str, backend: str) -> list[dict[str, Any]]:
    with journal.reading() as connection:
        found = connection.exec_driver_sql(query(title, backend).strip().rstrip(";"))
        return [dict(row._mapping) for row in found]


def midnight_ns() -> int:
    now = datetime.now(ZoneInfo("America/New_York"))
    return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 10**9


def test_recent_trades(journal: Journal, backend: str) -> None:
    with journal.writing() as rows:
        for number in range(25):
            each = replace(fill(str(number + 1), "100.10", Side.SELL, f"x-{number}"), ts_event=number * 10**9)
            rows.add_fill(each, Decimal(number + 1))
    found = rows_of(journal, "Recent trades", backend)
    assert [row["qty"] for row in found] == [str(number) for number in range(25, 5, -1)]
    assert (found[0]["account_id"], found[0]["symbol"], found[0]["side"], found[0]["price"]) == (
        ACCOUNT,
        "AAPL",
        "sell",
        "100.10",
    )
    assert str(found[0]["time"]).startswith("1970-01-01 00:00:24") or "1969-12-31 19:00:24" in str(found[0]["time"])


def test_the_breaker(journal: Journal, backend: str) -> None:
    assert rows_of(journal, "The circuit breaker", backend) == []
    with journal.writing() as rows:
        for number in range(5):
            breaker.count(rows, ACCOUNT, Unclear(f"time-out {number}"))
    (row,) = rows_of(journal, "The circuit breaker", backend)
    assert (row["account_id"], row["state"], row["failures"]) == (ACCOUNT, "open", 5) and "time-out 4" in row["why"]


def test_equity_of_the_last_day(journal: Journal, backend: str) -> None:
    now = time.time_ns()
    with journal.writing() as rows:
        for age_h in (30, 23, 1):
            ts_wall = now - age_h * 3600 * 10**9
            add_point(
                rows.connection, EquityPoint(ACCOUNT, 0, ts_wall, Decimal(100 - age_h), Decimal(1), Decimal(-age_h))
            )
    found = rows_of(journal, "Equity of the last day", backend)
    assert [(row["equity"], row["daily_pnl"]) for row in found] == [("77", "-23"), ("99", "-1")]


def test_trades_today(journal: Journal, backend: str) -> None:
    with journal.writing() as rows:
        for number, (client_order_id, ts_event) in enumerate(
            [("a", midnight_ns() - 1), ("b", midnight_ns()), ("b", midnight_ns() + 5), ("c", midnight_ns() + 9)]
        ):
            each = replace(
                fill("1", "1", execution_id=f"x-{number}"), client_order_id=client_order_id, ts_event=ts_event
            )
            rows.add_fill(each, Decimal(number + 1))
    assert rows_of(journal, "Trades today", backend) == [{"account_id": ACCOUNT, "trades_today": 2}]
    with journal.writing() as rows:
        assert len(rows.orders_filled(ACCOUNT, midnight_ns())) == 2


def test_what_was_denied(journal: Journal, backend: str) -> None:
    with journal.writing() as rows:
        rows.add_intent(order("td-1"), "page", "[]", [], Decimal(0))
        rows.add_intent(order("td-2", state=DENIED, reason="MAX_ORDER_QTY: 5"), "page", "[]", [], Decimal(0))
    (row,) = rows_of(journal, "What was denied, and why", backend)
    assert (row["symbol"], row["side"], row["reason"]) == ("AAPL", "buy", "MAX_ORDER_QTY: 5")


def test_every_question_of_the_page_has_both_its_queries(backend: str) -> None:
    asked = [title for title, text in SECTIONS if "```sql" in text]
    assert asked == [
        "Recent trades",
        "The circuit breaker",
        "Equity of the last day",
        "Trades today",
        "What was denied, and why",
    ]
    assert all(query(title, backend) for title in asked)


def test_every_table_is_on_the_page() -> None:
    from orders.tables import METADATA

    assert {name for name in METADATA.tables if f"`{name}`" not in PAGE} == set()
