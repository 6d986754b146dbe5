"""Trades wait only where nobody can tell: bars are the same, and published at the same time, as if none did."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bar_book import BarBook
from domain.waiting_trades import MOST, NEVER, WaitingTrades
from tests.unit.domain.bar_oracle import Print, records
from tests.unit.domain.ticks import MINUTE, NOON, NS


def trade(at_ms: int, symbol: int = 0, price: float = 10.0, conditions: str = "@") -> Print:
    return Print(NOON + at_ms * 1_000_000, symbol, price, 1, at_ms * 10 + symbol, conditions)


class Impatient(BarBook):
    """A book in which no trade waits."""

    def add_trades(self, trades: np.ndarray) -> None:  # type: ignore[type-arg]
        super().add_trades(trades)
        self._book_waiting()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.integers(0, 7_000), st.integers(0, 2), st.sampled_from("@@@I")), min_size=1, max_size=6
            ),
            st.sampled_from(["", "", "close", "look", "minute"]),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_bars_are_published_as_if_no_trade_waited(story: list[tuple[list[tuple[int, int, str]], str]]) -> None:
    books, newest = (BarBook(3), Impatient(3)), 0
    for number, (batch, then) in enumerate(story):
        # mostly forwards, with late ones among them, across the end of a minute
        rows = [trade(57_000 + number * 200 + at % (1_000 if at % 3 else 7_000), at_symbol, 10 + at % 9, conditions)
                for at, at_symbol, conditions in batch]  # fmt: skip
        newest = max(newest, *(row.ts_event for row in rows))
        for book in books:
            book.add_trades(records(rows))
            if then == "close":
                book.close_until(newest)
            if then == "look":
                book.forming()
            if then == "minute":
                book.close_until(newest - newest % MINUTE)
        if then != "look":
            told = [book.pending_closed().tobytes() for book in books]
            assert told[0] == told[1]
            for book in books:
                book.take_closed()
    for patient, impatient in zip(books[0].forming(), books[1].forming(), strict=True):
        assert patient.tobytes() == impatient.tobytes()
    assert books[0].pending_closed().tobytes() == books[1].pending_closed().tobytes()


def test_trades_of_one_second_wait_until_it_ends() -> None:
    waiting = WaitingTrades()
    assert waiting.until == NEVER and not waiting
    assert waiting.add(records([trade(100)]), 0, NEVER) and waiting.add(records([trade(50)]), 0, NEVER)
    assert waiting and waiting.until == NOON + NS
    assert not waiting.add(records([trade(1_100)]), 0, NEVER), "another second"
    assert waiting.take()["ts_event"].tolist() == [trade(100).ts_event, trade(50).ts_event]
    assert not waiting and waiting.until == NEVER


@pytest.mark.parametrize(
    ("prints", "closed_until", "first_end"),
    [
        ([trade(900), trade(1_000)], 0, NEVER),  # of two seconds
        ([trade(900)], NOON + NS, NEVER),  # its second is over
        ([trade(900)], 0, NOON),  # it may close a bar that forms
    ],
)
def test_what_may_close_or_amend_a_bar_does_not_wait(prints: list[Print], closed_until: int, first_end: int) -> None:
    assert not WaitingTrades().add(records(prints), closed_until, first_end)


def test_a_trade_older_than_what_was_booked_does_not_wait() -> None:
    waiting = WaitingTrades()
    waiting.passed_by(records([trade(1_500)]))
    assert not waiting.add(records([trade(900)]), 0, NEVER) and waiting.add(records([trade(1_600)]), 0, NEVER)


def test_not_more_than_so_many_wait() -> None:
    waiting, many = WaitingTrades(), np.repeat(records([trade(1)]), MOST)
    assert waiting.add(many, 0, NEVER) and not waiting.add(many[:1], 0, NEVER)
