"""Faults of domain/ (each test says what should hold)."""

from __future__ import annotations

import numpy as np

from domain.bar import BAR
from domain.bar_book import BarBook
from domain.clock import MarketClock
from domain.interval import INTERVALS, KEEP_BARS
from domain.tick import trades_of
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, trade


def row(interval):
    return INTERVALS.index(interval)


def test_a_restart_inside_a_longer_bar_that_had_closed_does_not_make_it_twice() -> None:
    """1: events end at 10:04:59, the clock closes the bars, the connection is lost and comes back at 10:05:05."""
    book = BarBook(1)
    for m in range(5):
        book.add_trades(trades_of(trade(NOON + m * MINUTE, 10.0)))
    book.close_until(NOON + 5 * MINUTE)
    book.restart_at(0, NOON + 4 * MINUTE, np.zeros(0, BAR), np.zeros(0, BAR))
    book.add_trades(trades_of(trade(NOON + 4 * MINUTE, 10.0)))
    book.close_until(NOON + 5 * MINUTE)
    assert book.series(0, "5Min").bars["start"].tolist() == [NOON]


def test_a_forming_bar_keeps_its_ordinal_when_an_older_one_turns_up() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON, 10.0)))
    book.add_trades(trades_of(trade(NOON + 5 * NS, 10.0)))
    before = book.forming()[1][row("1s"), 0]
    book.add_trades(trades_of(trade(NOON + 2 * NS, 10.0)))  # late, its second has no bar
    assert book.forming()[1][row("1s"), 0] == before


def test_alpacas_bar_of_a_minute_without_our_trades_keeps_the_ordinal_of_the_forming_one() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON, 10.0)))
    book.add_trades(trades_of(trade(NOON + 2 * MINUTE, 10.0)))
    before = book.forming()[1][row("1Min"), 0]
    book.add_minute(0, bar(NOON + MINUTE))
    assert book.forming()[1][row("1Min"), 0] == before


def test_a_late_minute_of_an_older_5min_does_not_close_the_forming_5min() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON, 10.0)))
    book.add_trades(trades_of(trade(NOON + 10 * MINUTE, 10.0)))
    book.close_until(NOON + 11 * MINUTE)  # 5Min: first closed, third forms
    book.add_trades(trades_of(trade(NOON + 7 * MINUTE, 10.0)))  # late, nothing in the second
    forming = book.forming()[0][row("5Min"), 0]
    assert forming["start"] == NOON + 10 * MINUTE
    assert book.series(0, "5Min").bars["start"].tolist() == [NOON, NOON + 5 * MINUTE]


def test_an_insert_publishes_only_the_bars_that_moved() -> None:
    book = BarBook(1)
    for m in (0, 2, *range(3, 400)):
        book.add_trades(trades_of(trade(NOON + m * MINUTE, 10.0)))
    book.close_until(NOON + 400 * MINUTE)
    book.take_closed()
    book.add_trades(trades_of(trade(NOON + MINUTE, 10.0)))
    pending = book.pending_closed()
    assert len(pending[pending["interval"] == row("1Min")]) == 2


def test_the_book_does_not_grow_for_ever() -> None:
    book = BarBook(1)
    for s in range(2 * KEEP_BARS["1s"] + 10):
        book.series(0, "1s").append(bar(NOON + s * NS))  # a long day
    book.add_trades(trades_of(trade(NOON + 10**6 * NS, 10.0)))
    book.close_until(NOON + 2 * 10**6 * NS)
    assert len(book.series(0, "1s")) <= 2 * KEEP_BARS["1s"]


def test_a_jump_forward_is_no_speed() -> None:
    """A suspended laptop: an hour of market time passes in one second of monotonic time."""
    clock = MarketClock()
    clock.look(NOON, 0.0)
    clock.look(NOON + NS, 1.0)
    clock.look(NOON + 3_600 * NS, 2.0)
    assert clock.now(3.0) <= NOON + 3_610 * NS
