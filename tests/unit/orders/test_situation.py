"""The situation: the day of New York by the market's clock, and what of the journal counts in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

import pytest

from domain.session import NEW_YORK, to_ns
from orders.journal import Journal
from orders.situation import trades_of
from tests.unit.orders.samples import ACCOUNT, fill, order

BACKENDS: Final = ("sqlite", "postgresql")


def at(text: str) -> int:
    return to_ns(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK))


def filled(journal: Journal, *moments: str) -> None:
    """An order with two fills at each moment."""
    with journal.writing() as rows:
        for number, moment in enumerate(moments):
            for part in range(2):
                one = fill("1", "100", execution_id=f"{number}-{part}")
                rows.add_fill(replace(one, client_order_id=f"td-{number}", ts_event=at(moment)), one.qty)


DAY = (
    "2026-11-19T23:59:59",
    "2026-11-20T00:00:00",
    "2026-11-20T09:30:00",
    "2026-11-20T19:00:00",
    "2026-11-20T23:59:59",
)


@pytest.mark.parametrize(
    ("now", "trades"),
    [
        ("2026-11-19T23:59:59", 5),
        ("2026-11-20T00:00:00", 4),
        ("2026-11-20T18:59:59", 4),
        ("2026-11-20T19:00:01", 4),
        ("2026-11-20T23:59:59", 4),
        ("2026-11-21T00:00:00", 0),
    ],
)
def test_the_count_begins_anew_once_a_day_at_midnight_of_new_york(journal: Journal, now: str, trades: int) -> None:
    """Not at midnight UTC, which is 19:00 there. What comes later than now is counted too: a clock may be behind."""
    filled(journal, *DAY)
    assert len(trades_of(journal, ACCOUNT, [], at(now))) == trades


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-11-20", 24)])
def test_a_day_has_the_hours_that_new_york_gives_it(journal: Journal, day: str, hours: int) -> None:
    begins = at(f"{day}T00:00:00")
    with journal.writing() as rows:
        one = replace(fill("1", "100"), ts_event=begins)
        rows.add_fill(one, one.qty)
    assert trades_of(journal, ACCOUNT, [], begins + (hours * 3600 - 1) * 10**9)
    assert not trades_of(journal, ACCOUNT, [], begins + hours * 3600 * 10**9)


def test_an_order_counts_once_filled_or_open_and_exits_of_an_entry_only_when_filled(journal: Journal) -> None:
    filled(journal, "2026-11-20T09:30:00")
    waiting = [order("td-0"), order("td-8"), order("td-9", parent_id="B-8")]
    assert trades_of(journal, ACCOUNT, waiting, at("2026-11-20T10:00:00")) == {"td-0", "td-8"}
    assert trades_of(journal, "another", [], at("2026-11-20T10:00:00")) == set()
