"""The journal: what is in it is on the disk, whole, and nobody writes between a look and a write. On either database."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from domain.order import INTENT, SENDING, Side
from orders.journal import Journal
from tests.unit.orders.samples import ACCOUNT, fill, order, values

ROOT: Final = Path(__file__).resolve().parents[3]
BACKENDS: Final = ("sqlite", "postgresql")


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


def test_words_that_no_database_expects_come_back(journal: Journal) -> None:
    told = "'; DROP TABLE orders; -- \\ %s :x \u2028 \U0001f600 \ud7ff"
    with journal.writing() as rows:
        rows.add_order(order(reason=told + "\0"))
        rows.change_order("td-1", ACCOUNT, reason="\0" + told, order_id="B-2")
    found = journal.order("td-1")
    assert found is not None and (found.reason, found.order_id) == (told, "B-2")


def test_flags_and_the_rarer_prices_come_back(journal: Journal) -> None:
    wanted = order(
        extended_hours=True,
        order_class="bracket",
        notional=Decimal("50.00"),
        trail_percent=Decimal("0.5"),
        take_profit_price=Decimal("110.10"),
        parent_id="B-0",
        replaces="B-9",
    )
    with journal.writing() as rows:
        rows.add_order(wanted)
    found = journal.order("td-1")
    assert found is not None and replace(found, updated_at=0) == wanted


def test_writers_take_turns_so_that_what_was_read_is_still_true(journal: Journal) -> None:
    def add_one(_: int) -> None:
        with journal.writing() as rows:
            rows.put_state(ACCOUNT, "sum", (rows.state(ACCOUNT, "sum") or 0) + 1)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add_one, range(60)))
    assert journal.state(ACCOUNT, "sum") == 60


def test_changes_become_visible_in_the_order_of_their_numbers(journal: Journal) -> None:
    """Who has read up to a number must never have missed a smaller one."""

    def change(number: int) -> None:
        with journal.writing() as rows:
            rows.note("order", f"account-{number % 3}", str(number))

    seen: list[int] = []
    with ThreadPoolExecutor(6) as threads:
        writers = [threads.submit(change, number) for number in range(60)]
        while not all(writer.done() for writer in writers) or journal.last_change() > max(seen, default=0):
            seen += [row[0] for row in journal.changes_since(max(seen, default=0))]
    assert len(seen) == 60 and seen == sorted(seen)


def test_a_reader_does_not_wait_for_a_writer(journal: Journal) -> None:
    with journal.writing() as rows:
        rows.add_order(order())
        assert journal.order("td-1") is None and journal.orders(ACCOUNT) == []
    assert journal.order("td-1") is not None


WRITER: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from orders.journal import Journal
from tests.unit.orders.samples import order
journal = Journal(sys.argv[2])
for number in range(100_000):
    with journal.writing() as rows:
        rows.add_order(order(f"{sys.argv[3]}-{number}"))
    print(number, flush=True)
"""


@pytest.mark.parametrize("attempt", ["first", "second", "third"])
def test_what_was_told_as_written_outlives_kill_9(journal: Journal, journal_url: str, attempt: str) -> None:
    command = [sys.executable, "-c", WRITER, str(ROOT), journal_url, attempt]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    for line in writer.stdout:
        if int(line) >= 30:
            break
    writer.send_signal(signal.SIGKILL)
    told = [int(line) for line in writer.communicate()[0].split("\n") if line.strip().isdigit()] or [30]
    found = {row.client_order_id for row in journal.orders(ACCOUNT, 100_000)}
    assert {f"{attempt}-{number}" for number in range(max(told) + 1)} <= found
    with journal.writing() as rows:  # nothing that the dead one held is held still
        rows.add_order(order("td-after"))


def test_processes_that_start_together_open_one_journal(journal_url: str) -> None:
    program = "import sys; from orders.journal import Journal; print(Journal(sys.argv[1]).last_change())"
    command = [sys.executable, "-c", program, journal_url]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate(timeout=30)[0].strip() for process in started] == ["0"] * 6
