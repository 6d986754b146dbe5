"""The breaker of orders: five failures in a row open it, for good; only somebody's hand closes it, once, and it is written down."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from broker.order_client import Accepted, Duplicate, NotTaken, Outcome, Rejected, Unclear
from domain.breaker import BreakerStatus
from orders.breaker import OrderBreaker, breaker_status, count, count_rejected, follow_flag, reset
from orders.journal import Journal
from tests.unit.orders.samples import ACCOUNT, told

GOOD = Accepted(told())
BAD: list[Outcome] = [Rejected("insufficient buying power"), NotTaken("429"), Unclear("No clear answer.")]


def after(journal: Journal, *outcomes: Outcome) -> BreakerStatus:
    for outcome in outcomes:
        with journal.writing() as rows:
            count(rows, ACCOUNT, outcome)
    return breaker_status(journal, ACCOUNT)


def audited(journal: Journal, folder: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "journal.db") as connection:
        rows = connection.execute("SELECT details FROM audit WHERE what = 'circuit_breaker' ORDER BY id").fetchall()
    return [json.loads(row[0]) for row in rows]


@pytest.mark.parametrize("bad", BAD, ids=lambda outcome: type(outcome).__name__)
def test_the_fifth_failure_in_a_row_opens_it(journal: Journal, bad: Outcome) -> None:
    assert after(journal, *[bad] * 4) == BreakerStatus(False, 4, getattr(bad, "reason", ""))
    assert after(journal, bad).is_open


@pytest.mark.parametrize("good", [GOOD, Duplicate()], ids=lambda outcome: type(outcome).__name__)
def test_a_success_begins_the_count_anew_while_it_is_closed(journal: Journal, good: Outcome) -> None:
    assert after(journal, *BAD, BAD[0], good) == BreakerStatus()
    assert after(journal, *[BAD[2]] * 4).state == "closed"


def test_once_open_no_success_closes_it_and_the_cause_stays_what_it_was(journal: Journal) -> None:
    assert after(journal, *[BAD[0]] * 5, GOOD, BAD[2], GOOD) == BreakerStatus(True, 5, "insufficient buying power")


def test_it_stays_open_over_a_restart(journal: Journal, tmp_path: Path) -> None:
    after(journal, *[BAD[2]] * 5)
    journal.close()
    again = Journal(f"sqlite:///{tmp_path / 'journal.db'}")
    assert breaker_status(again, ACCOUNT).is_open
    again.close()


def test_it_is_one_accounts_own(journal: Journal) -> None:
    after(journal, *[BAD[2]] * 5)
    assert breaker_status(journal, "another") == BreakerStatus()


def test_a_reset_closes_it_and_is_written_down_with_what_it_ended(journal: Journal, tmp_path: Path) -> None:
    after(journal, *[BAD[2]] * 5)
    OrderBreaker(journal, lambda: ACCOUNT).reset("by the button")
    assert OrderBreaker(journal, lambda: ACCOUNT).status() == BreakerStatus()
    opened, closed = audited(journal, tmp_path)
    assert (opened["state"], opened["failures"], opened["why"]) == ("open", 5, "No clear answer.")
    assert (closed["state"], closed["by"], closed["before"], closed["failures"]) == (
        "closed",
        "by the button",
        "open",
        5,
    )
    assert after(journal, *[BAD[2]] * 4).state == "closed" and after(journal, BAD[2]).is_open


def test_deleting_its_row_resets_it(journal: Journal, tmp_path: Path) -> None:
    after(journal, *[BAD[2]] * 5)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("DELETE FROM bot_state WHERE name = 'circuit_breaker'")
    assert breaker_status(journal, ACCOUNT) == BreakerStatus()


@pytest.mark.parametrize("value", ["", "open", "[]", "{}", '{"state": "closed", "failures": "x", "why": ""}', "null "])
def test_a_row_that_cannot_be_read_counts_as_open(journal: Journal, tmp_path: Path, value: str) -> None:
    after(journal, BAD[2])
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("UPDATE bot_state SET value = ? WHERE name = 'circuit_breaker'", (value,))
    assert breaker_status(journal, ACCOUNT).is_open is (value != "null ")


def test_the_flag_is_followed_once_however_often_the_desk_starts_with_it(journal: Journal, tmp_path: Path) -> None:
    after(journal, *[BAD[2]] * 5)
    assert follow_flag(journal, ACCOUNT, True)
    assert breaker_status(journal, ACCOUNT) == BreakerStatus()
    after(journal, *[BAD[2]] * 5)
    assert not follow_flag(journal, ACCOUNT, True) and not follow_flag(journal, ACCOUNT, True)
    assert breaker_status(journal, ACCOUNT).is_open
    assert not follow_flag(journal, ACCOUNT, False)
    assert breaker_status(journal, ACCOUNT).is_open
    assert follow_flag(journal, ACCOUNT, True)
    assert [row["by"] for row in audited(journal, tmp_path) if row["state"] == "closed"] == [
        "by CIRCUIT_BREAKER_RESET"
    ] * 2


def test_what_is_counted_goes_with_its_transaction(journal: Journal) -> None:
    after(journal, *[BAD[2]] * 4)
    with pytest.raises(RuntimeError), journal.writing() as rows:
        count(rows, ACCOUNT, BAD[2])
        raise RuntimeError
    assert breaker_status(journal, ACCOUNT).failures == 4
    with journal.writing() as rows:
        reset(rows, ACCOUNT, "x")
        assert breaker_status(rows, ACCOUNT).failures == 0


def test_orders_that_are_taken_and_rejected_afterwards_open_it_too(journal: Journal) -> None:
    """Each answer looks like a success, which would begin the count anew each time."""
    for number in range(5):
        assert not breaker_status(journal, ACCOUNT).is_open
        with journal.writing() as rows:
            count(rows, ACCOUNT, GOOD, f"td-{number}")
            count_rejected(rows, ACCOUNT, f"td-{number}", "later")
    assert breaker_status(journal, ACCOUNT) == BreakerStatus(True, 5, "later")


def test_what_another_orders_success_ended_stays_ended(journal: Journal) -> None:
    after(journal, *[BAD[2]] * 3)
    with journal.writing() as rows:
        count(rows, ACCOUNT, GOOD, "td-good")
        count_rejected(rows, ACCOUNT, "td-other", "later")
    assert breaker_status(journal, ACCOUNT).failures == 1
