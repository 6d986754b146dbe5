"""The day in progress: of its minutes, until Alpaca tells it."""

from __future__ import annotations

from datetime import date

import numpy as np

from domain.bar import BAR, Bar, Source
from domain.bar_book import BarBook
from domain.interval import INTERVALS, bar_end, bar_start
from domain.session import midnight
from tests.unit.domain.bar_oracle import Print, record, records
from tests.unit.domain.ticks import MINUTE, NOON, bar, bars, plain

HOUR = 60 * MINUTE
TODAY = bar_start(NOON, "1Day")
TOMORROW = bar_end(TODAY, "1Day")


def day(book: BarBook) -> Bar:
    return book.forming()[0][INTERVALS.index("1Day"), 0]


def minutes_traded(*prices: float, begin: int = NOON) -> BarBook:
    """A book with one trade a minute; the last minute forms still."""
    book = BarBook(1)
    for number, price in enumerate(prices):
        book.add_trades(records([Print(begin + number * MINUTE, 0, price, 10, number + 1)]))
        book.close_until(begin + number * MINUTE)
    return book


def test_a_day_ends_at_the_next_midnight_in_new_york_when_clocks_change_too() -> None:
    for begin, end in ((date(2024, 3, 10), date(2024, 3, 11)), (date(2024, 11, 3), date(2024, 11, 4))):
        assert bar_end(midnight(begin), "1Day") == midnight(end)


def test_without_alpacas_the_day_is_what_its_minutes_say_the_forming_one_too() -> None:
    book = minutes_traded(10.0, 14.0, 9.0, 11.0)
    assert day(book)["start"] == TODAY
    assert plain(day(book)) == (10.0, 14.0, 9.0, 11.0, 40.0, 4, 440.0)


def test_alpacas_day_stands_alone_and_is_replaced_by_the_next() -> None:
    book = minutes_traded(10.0, 14.0)
    book.add_day(0, bar(TODAY, 20.0, 500.0, 5))
    book.add_trades(records([Print(NOON + 5 * MINUTE, 0, 99.0, 10, 9)]))
    book.close_until(NOON + 6 * MINUTE)
    assert plain(day(book)) == (20.0, 20.0, 20.0, 20.0, 500.0, 5, 10_000.0)
    book.add_day(0, bar(TODAY, 21.0, 600.0, 6))
    assert day(book)["close"] == 21.0 and len(book.series(0, "1Day")) == 0


def test_the_day_closes_when_the_market_passes_midnight_and_not_before() -> None:
    book = minutes_traded(10.0)
    book.add_day(0, bar(TODAY, 20.0, 500.0, 5))
    book.close_until(TOMORROW - 1)
    assert len(book.series(0, "1Day")) == 0
    book.close_until(TOMORROW)
    (closed,) = book.series(0, "1Day").bars
    assert (closed["start"], closed["close"], closed["final"], closed["source"]) == (TODAY, 20.0, 1, Source.ALPACA)
    assert not day(book)["start"]


def test_a_day_of_minutes_closes_too() -> None:
    book = minutes_traded(10.0, 12.0)
    book.close_until(TOMORROW)
    (closed,) = book.series(0, "1Day").bars
    assert plain(closed) == (10.0, 12.0, 10.0, 12.0, 20.0, 2, 220.0) and closed["final"] == 1


def test_the_next_day_begins_with_its_first_minute() -> None:
    book = minutes_traded(10.0)
    book.add_trades(records([Print(TOMORROW + HOUR, 0, 30.0, 10, 9)]))
    book.close_until(TOMORROW + 2 * HOUR)
    assert (day(book)["start"], day(book)["open"], day(book)["trade_count"]) == (TOMORROW, 30.0, 1)


def test_alpacas_next_day_closes_the_one_before() -> None:
    book = BarBook(1)
    book.add_day(0, bar(TODAY, 20.0))
    book.add_day(0, bar(TOMORROW, 30.0))
    assert book.series(0, "1Day").bars["close"].tolist() == [20.0] and day(book)["close"] == 30.0


def test_alpacas_word_on_a_day_that_is_over_amends_it() -> None:
    book = minutes_traded(10.0)
    book.close_until(TOMORROW)
    book.add_day(0, bar(TODAY, 25.0))
    (closed,) = book.series(0, "1Day").bars
    assert (closed["close"], closed["revision"]) == (25.0, 1)


def test_an_older_day_does_not_replace_the_one_that_forms() -> None:
    book = BarBook(1)
    book.add_day(0, bar(TOMORROW, 30.0))
    book.add_day(0, bar(TODAY, 20.0))
    assert day(book)["start"] == TOMORROW


def test_after_a_restart_the_day_is_made_of_its_minutes_and_history_tells_those_that_are_over() -> None:
    book = BarBook(1)
    yesterday = TODAY - 24 * HOUR
    minutes = bars(bar(TODAY - HOUR, 1.0), bar(TODAY + HOUR, 10.0), bar(TODAY + 2 * HOUR, 12.0))
    book.restart_at(0, NOON, minutes, bars(bar(yesterday, 5.0), bar(TODAY, 99.0)))
    assert book.series(0, "1Day").bars["start"].tolist() == [yesterday]
    assert plain(day(book)) == (10.0, 12.0, 10.0, 12.0, 2.0, 2, 22.0)


def test_a_cancel_reaches_the_day() -> None:
    book = minutes_traded(10.0, 14.0, 11.0)
    book.cancel(record(Print(NOON + MINUTE, 0, 14.0, 10, 2)))
    assert plain(day(book)) == (10.0, 11.0, 10.0, 11.0, 20.0, 2, 210.0)


def test_the_days_of_many_symbols_close_together() -> None:
    book = BarBook(3)
    book.add_trades(records(Print(NOON, symbol, 10.0 + symbol, 1, symbol + 1) for symbol in range(3)))
    book.close_until(TOMORROW)
    assert [book.series(symbol, "1Day").bars["close"].tolist() for symbol in range(3)] == [[10.0], [11.0], [12.0]]


def test_a_coins_day_that_begins_at_midnight_utc_ends_with_new_yorks() -> None:
    start = NOON - NOON % (24 * HOUR)
    book = BarBook(1)
    book.add_day(0, bar(start, 20.0))
    book.close_until(start + 24 * HOUR - 1)
    assert len(book.series(0, "1Day")) == 0
    book.close_until(start + 30 * HOUR)
    assert len(book.series(0, "1Day")) == 1


def test_no_days_are_no_bars() -> None:
    book = BarBook(1)
    book.restart_at(0, NOON, np.zeros(0, BAR), np.zeros(0, BAR))
    assert not day(book)["start"] and not len(book.series(0, "1Day"))
