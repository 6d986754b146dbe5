"""Corrections and cancels where more than trades is known: Alpaca's bars, history, and windows that do not reach back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain import restatement
from domain.bar import BAR, Source
from domain.bar_book import BarBook
from domain.bar_ledger import BarLedger
from domain.restatement import Restatement
from domain.tick_bars import partial_bars
from domain.trade_window import TradeWindow
from tests.unit.domain.bar_oracle import Print, record, records
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, bars, plain

FIRST, SECOND, THIRD = (
    Print(NOON + at * NS, 0, price, 10, at + 1) for at, price in ((0, 10.0), (20, 12.0), (40, 11.0))
)


def book_of(*prints: Print) -> BarBook:
    """A book whose first minute of these prints is over and published."""
    book = BarBook(1)
    book.add_trades(records(prints))
    book.close_until(NOON + MINUTE)
    book.take_closed()
    return book


def minute(book: BarBook, start: int = NOON) -> tuple[float, ...]:
    series = book.series(0, "1Min")
    ordinal = series.find(start)
    assert ordinal is not None
    return tuple(plain(series.at(ordinal)))


def of_minute(book: BarBook) -> list[int]:
    pending = book.pending_closed()
    return [int(row["bar"]["revision"]) for row in pending[pending["interval"] == 2]]


def test_a_cancel_takes_the_trade_out_of_every_bar_and_publishes_them_again() -> None:
    book = book_of(FIRST, SECOND, THIRD)
    book.cancel(record(SECOND))
    assert minute(book) == (10.0, 11.0, 10.0, 11.0, 20.0, 2, 210.0)
    assert of_minute(book) == [1] and book.corrections == 1
    second = book.series(0, "1s")
    assert [row["trade_count"] for row in second.bars] == [1, 0, 1], "it keeps its place and has nothing in it"
    assert second.bars["open"][1] == second.bars["close"][1] == 10.0, "at the price before it"


def test_a_correction_counts_as_the_trade_that_it_is_now_at_the_old_ones_time() -> None:
    book = book_of(FIRST, SECOND, THIRD)
    book.correct(record(THIRD), record(replace(THIRD, ts_event=NOON + 9 * MINUTE, id=99, price=13.0, size=4)))
    assert minute(book) == (10.0, 13.0, 10.0, 13.0, 24.0, 3, 272.0)
    book.cancel(record(replace(THIRD, id=99)))
    assert minute(book) == (10.0, 12.0, 10.0, 12.0, 20.0, 2, 220.0)


def test_told_twice_a_correction_counts_once() -> None:
    book = book_of(FIRST, SECOND)
    for _ in range(2):
        book.cancel(record(SECOND))
    assert book.corrections == 1 and of_minute(book) == [1]


def test_a_trade_that_never_came_is_counted_and_changes_nothing() -> None:
    book = book_of(FIRST)
    book.cancel(record(SECOND))
    book.correct(record(replace(FIRST, exchange="Q")), record(replace(FIRST, price=99.0)))
    assert book.corrections == 2 and minute(book)[0] == 10.0
    assert not len(book.pending_closed()) and book.take_doubtful() == []


def test_a_forming_bar_is_made_anew_too_and_can_cease() -> None:
    book = BarBook(1)
    book.add_trades(records([FIRST]))
    book.correct(record(FIRST), record(replace(FIRST, price=8.0)))
    assert set(book.forming()[0]["close"][:, 0]) == {8.0}
    book.cancel(record(replace(FIRST, price=8.0)))
    assert not book.forming()[0]["start"].any()


def test_a_bar_that_lost_its_trades_counts_for_nothing_in_the_longer_ones() -> None:
    book = book_of(FIRST)
    later = Print(NOON + 70 * NS, 0, 20.0, 10, 7)
    book.add_trades(records([later]))
    book.cancel(record(FIRST))
    book.close_until(NOON + 5 * MINUTE)
    (longer,) = book.series(0, "5Min").bars
    assert plain(longer) == (20.0, 20.0, 20.0, 20.0, 10.0, 1, 200.0)


def test_a_trade_that_comes_late_into_a_bar_that_lost_its_trades_makes_it_anew() -> None:
    book = book_of(FIRST)
    book.cancel(record(FIRST))
    book.add_trades(records([SECOND]))
    assert minute(book) == (12.0, 12.0, 12.0, 12.0, 10.0, 1, 120.0)


def test_alpacas_minute_that_said_the_same_as_the_window_is_made_anew() -> None:
    book = book_of(FIRST)
    book.add_minute(0, bar(NOON, 11.0, 20.0, 2, open=10.0, low=10.0))
    book.add_trades(records([replace(SECOND, price=11.0)]))  # the trade that Alpaca had before us
    book.cancel(record(FIRST))
    assert minute(book) == (11.0, 11.0, 11.0, 11.0, 10.0, 1, 110.0)
    assert book.take_doubtful() == []


def test_alpacas_minute_that_said_something_else_keeps_its_prices_and_is_in_doubt() -> None:
    book = book_of(FIRST, SECOND)
    book.add_minute(0, bar(NOON, 30.0, 500.0, 9))
    book.cancel(record(SECOND))
    assert minute(book) == (30.0, 30.0, 30.0, 30.0, 490.0, 8, 14_880.0)
    assert book.series(0, "1Min").at(0)["source"] == Source.ALPACA
    assert book.take_doubtful() == [(0, NOON)] and book.take_doubtful() == []


def test_alpacas_answer_to_a_doubt_is_no_mismatch_and_the_next_difference_is_one() -> None:
    book = book_of(FIRST, SECOND)
    book.add_minute(0, bar(NOON, 30.0, 500.0, 9))
    book.cancel(record(SECOND))
    book.take_doubtful()
    book.add_minute(0, bar(NOON, 31.0, 490.0, 8))
    assert book.mismatches == 1 and minute(book)[0] == 31.0
    book.add_minute(0, bar(NOON, 32.0, 490.0, 8))
    assert book.mismatches == 2


def test_history_is_put_right_in_volume_only_and_is_in_doubt() -> None:
    book = BarBook(1)
    book.restart_at(0, NOON + MINUTE, bars(bar(NOON, 10.0, 100.0, 4)), np.zeros(0, BAR))
    book.correct(record(FIRST), record(replace(FIRST, price=50.0, size=30)))
    assert minute(book) == (10.0, 10.0, 10.0, 10.0, 120.0, 4, 2_400.0)
    assert book.take_doubtful() == [(0, NOON)]


def test_where_the_window_no_longer_reaches_volume_is_put_right_in_every_bar_that_there_is() -> None:
    ledger = BarLedger(1, TradeWindow(1, span_ns=MINUTE, most_trades=1))
    partials, _ = partial_bars(records([FIRST, SECOND]))
    for number, part in enumerate(partials):
        ledger.add(part.symbols + np.int64(number), part.bars)
    ledger.close_until(NOON + MINUTE)
    ledger.window.begin(0, NOON + MINUTE)
    restatement = Restatement(ledger)
    restatement.cancel(record(SECOND))
    assert plain(ledger.series(0, "1Min").at(0)) == (10.0, 12.0, 10.0, 12.0, 10.0, 1, 100.0)
    assert ledger.series(0, "1s").bars["volume"].tolist() == [10.0, 0.0]
    assert restatement.take_doubtful() == [(0, NOON)]


def test_a_doubtful_minute_that_forms_still_is_asked_for_when_it_is_over() -> None:
    book = BarBook(1)
    book.add_trades(records([FIRST, SECOND]))
    book._window.begin(0, NOON + 30 * NS)  # as after so many trades that the window no longer reaches back
    book.cancel(record(SECOND))
    assert book.take_doubtful() == []
    book.close_until(NOON + MINUTE)
    assert book.take_doubtful() == [(0, NOON)] and minute(book)[4] == 10.0


def test_a_trade_from_before_a_change_of_symbols_is_cancelled_exactly_and_no_other_symbols() -> None:
    book = BarBook(2)
    book.add_trades(records([FIRST, SECOND, replace(FIRST, symbol=1, price=77.0)]))
    moved = BarBook(2)
    moved.go_on(book, np.array([1, -1]))
    moved.add_trades(records([replace(FIRST, symbol=0, id=9, price=50.0)]))
    moved.cancel(record(replace(SECOND, symbol=1)))
    moved.close_until(NOON + MINUTE)
    assert moved.take_doubtful() == []
    assert [bar["volume"] for bar in moved.series(1, "1s").bars] == [10.0]
    assert moved.series(0, "1Min").bars["high"].tolist() == [50.0]


def test_a_correction_into_a_trade_without_price_leaves_its_volume_to_the_others() -> None:
    book = book_of(FIRST, SECOND)
    book.correct(record(SECOND), record(replace(SECOND, conditions="@I")))
    assert minute(book) == (10.0, 10.0, 10.0, 10.0, 20.0, 2, 220.0)


def test_a_late_trade_without_price_is_kept_for_the_one_that_prices_its_bar_whatever_is_cancelled_meanwhile() -> None:
    book, unpriced = BarBook(1), Print(NOON + 5 * NS, 0, 9.0, 7, 1, "Z")
    book.add_trades(records([unpriced]))
    book.add_trades(records([Print(NOON + NS, 0, 9.0, 3, 2, "I")]))
    book.cancel(record(unpriced))
    book.add_trades(records([Print(NOON + NS, 0, 10.0, 100, 3)]))
    (bar,) = book.series(0, "5s").bars
    assert plain(bar) == (10.0, 10.0, 10.0, 10.0, 103.0, 2, 1_027.0)


def test_a_longer_bar_that_comes_to_be_by_a_correction_after_its_end_is_closed_at_once() -> None:
    book, unpriced = BarBook(1), Print(NOON, 0, 9.0, 7, 1, "I")
    book.add_trades(records([unpriced]))
    book.close_until(NOON + 5 * MINUTE)
    book.correct(record(unpriced), record(replace(unpriced, conditions="@")))
    assert book.series(0, "5Min").bars["close"].tolist() == [9.0]


def test_a_late_bar_between_does_not_let_a_second_that_is_over_begin_again() -> None:
    book = BarBook(1)
    book.add_trades(records([Print(NOON + 9 * NS, 0, 9.0, 7, 1, "I")]))
    book.close_until(NOON + 30 * NS)
    book.add_trades(records([Print(NOON + 4 * NS, 0, 10.0, 5, 2)]))
    book.add_trades(records([Print(NOON + 9 * NS, 0, 10.0, 100, 3)]))
    assert book.series(0, "1s").bars["volume"].tolist() == [5.0, 107.0]


def test_trades_that_amend_a_closed_minute_are_counted_once_each() -> None:
    book = book_of(FIRST)
    book.add_trades(records([SECOND, replace(FIRST, id=50)]))
    assert book.late == 2
    book.add_trades(records([Print(NOON + MINUTE + NS, 0, 10.0, 1, 60)]))
    book.close_until(NOON + MINUTE + 2 * NS)
    book.add_trades(records([Print(NOON + MINUTE, 0, 10.0, 1, 61)]))
    assert book.late == 2, "a second that was over, but not its minute"


def test_bars_made_of_quotes_too_differ_without_a_mismatch() -> None:
    book = BarBook(1, of_quotes=(0,))
    book.add_trades(records([FIRST]))
    book.add_minute(0, bar(NOON, 10.0, 10.0, 1, high=10.5))
    book.add_minute(0, bar(NOON + MINUTE, 10.0, 0.0, 0))
    assert book.mismatches == 0 and book.series(0, "1Min").bars["high"].tolist() == [10.5, 10.0]
    book.add_minute(0, bar(NOON, 10.0, 11.0, 2))
    assert book.mismatches == 1


def test_alpacas_minute_without_trades_is_not_one_that_lost_them_and_gives_the_longer_bar_its_prices() -> None:
    book = BarBook(1, of_quotes=(0,))
    book.add_minute(0, bar(NOON, 15.0, 0.0, 0))
    book.add_minute(0, bar(NOON + MINUTE, 10.0, 0.0, 0))
    book.add_minute(0, bar(NOON, 16.0, 0.0, 0))
    book.close_until(NOON + 5 * MINUTE)
    (longer,) = book.series(0, "5Min").bars
    assert (longer["open"], longer["high"], longer["close"]) == (16.0, 16.0, 10.0)


def test_minutes_that_nobody_answers_for_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restatement, "REMEMBERED", 3)
    book = BarBook(1)
    for minute_of_hour in range(6):
        start = NOON + minute_of_hour * MINUTE
        book.add_trades(records([Print(start, 0, 10.0, 1, minute_of_hour)]))
        book.add_minute(0, bar(start, 30.0, 500.0, 9))
        book.cancel(record(Print(start, 0, 10.0, 1, minute_of_hour)))
        book.take_doubtful()
    assert list(book._restatement._asked) == [(0, NOON + number * MINUTE) for number in (3, 4, 5)]
