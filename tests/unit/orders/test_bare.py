"""Bare shares: what an entry with exits leaves behind that ended before it was filled whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.order import Side
from orders.bare import bare_shares
from orders.journal import Journal
from orders.updates import take_fill, take_order
from tests.unit.orders.samples import ACCOUNT, fill, order, told


def bare(journal: Journal) -> dict[str, Decimal]:
    return bare_shares(journal, ACCOUNT)


def entry_ends(
    journal: Journal, qty: str = "4", side: Side = Side.BUY, status: str = "canceled", **changes: Any
) -> None:
    """An entry of 10 with exits is filled in part, and ends."""
    with journal.writing() as rows:
        rows.add_order(order(side=side, order_class=changes.pop("order_class", "bracket"), **changes))
        take_fill(rows, fill(qty, "100", side), Decimal(qty))
        take_order(rows, ACCOUNT, told(side=side, status=status, filled_qty=Decimal(qty)))


def reason(journal: Journal) -> str:
    found = journal.order("td-1")
    assert found
    return found.reason


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("status", ["canceled", "expired"])
def test_what_a_part_of_an_entry_filled_stands_without_exits_and_the_order_says_so(
    journal: Journal, side: Side, status: str
) -> None:
    entry_ends(journal, side=side, status=status)
    assert bare(journal) == {"AAPL": 4}
    assert reason(journal).startswith("4 of 10 were filled before the order ended.") and "stop" in reason(journal)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_class": "simple"},
        {"order_class": "oco"},
        {"parent_id": "P"},
        {"status": "partially_filled"},
        {"qty": "10", "status": "filled"},
    ],
)
def test_no_other_order_leaves_anything(journal: Journal, changes: dict[str, Any]) -> None:
    entry_ends(journal, **changes)
    assert bare(journal) == {} and reason(journal) == ""


def test_another_exit_covers_them_and_its_end_uncovers_them_again(journal: Journal) -> None:
    entry_ends(journal)
    with journal.writing() as rows:
        rows.add_order(order("stop", order_id="S", side=Side.SELL, type="stop", qty=Decimal(3)))
    assert bare(journal) == {"AAPL": 1}
    with journal.writing() as rows:
        take_order(rows, ACCOUNT, told("stop", order_id="S", side=Side.SELL, status="canceled", qty=Decimal(3)))
    assert bare(journal) == {"AAPL": 4}


def test_what_is_closed_is_forgotten_and_a_new_position_is_none_of_it(journal: Journal) -> None:
    entry_ends(journal)
    with journal.writing() as rows:
        take_fill(rows, fill("4", "101", Side.SELL, "out"), Decimal(100))
        take_fill(rows, fill("7", "101", Side.BUY, "in"), Decimal(200))
    assert bare(journal) == {}


def test_a_late_fill_of_the_entry_counts_too_and_one_that_fills_it_ends_the_warning(journal: Journal) -> None:
    entry_ends(journal)
    with journal.writing() as rows:
        take_order(rows, ACCOUNT, told(status="canceled", filled_qty=Decimal(6)))
        take_fill(rows, fill("2", "100", execution_id="late"), Decimal(6))
    assert bare(journal) == {"AAPL": 6} and reason(journal).startswith("6 of 10")
    with journal.writing() as rows:
        take_order(rows, ACCOUNT, told(status="filled", filled_qty=Decimal(10)))
    assert bare(journal) == {} and reason(journal) == ""
