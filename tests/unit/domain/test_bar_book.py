"""The book of bars against an oracle in plain Python, whatever the order in which the trades come."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bar import BAR, Bars, Source
from domain.bar_book import BarBook
from domain.bar_series import BarSeries
from domain.interval import INTERVALS, LENGTH_NS
from domain.tick import Records, trades_of
from tests.unit.domain.ticks import MINUTE, NOON, NS, PlainBar, Print, bar, bars, bars_of, plain, trade, trades

SYMBOLS = 2
KEPT_UP = tuple(LENGTH_NS)
LATENESS = 50 * NS
END = NOON + 1_000 * MINUTE

gaps = st.sampled_from([0, 1, 300_000_000, 999_999_999, NS, 7 * NS, 59 * NS, MINUTE, 4 * MINUTE, 11 * MINUTE])


@st.composite
def prints(draw: st.DrawFn, most: int = 40) -> list[Print]:
    """Prints in order of event time, with exact sums."""
    rows, now = [], NOON
    for number in range(1, draw(st.integers(1, most)) + 1):
        now += draw(gaps)
        price, size = draw(st.integers(396, 404)) / 4, draw(st.integers(1, 500))
        rows.append(Print(now, draw(st.integers(0, SYMBOLS - 1)), price, size, number))
    return rows


@st.composite
def batches(draw: st.DrawFn) -> list[list[Print]]:
    """The same prints as they arrive: late by up to LATENESS, some of them twice, in batches."""
    rows = draw(prints())
    arriving = [(row.ts_event + draw(st.integers(0, LATENESS)), row) for row in rows]
    again = draw(st.lists(st.sampled_from(arriving), max_size=6))
    arriving += [(at + draw(st.integers(0, LATENESS)), row) for at, row in again]
    ordered = [row for _, row in sorted(arriving, key=lambda item: item[0])]
    cuts = sorted(draw(st.lists(st.integers(0, len(ordered)), max_size=5)))
    return [ordered[begin:end] for begin, end in pairwise([0, *cuts, len(ordered)])]


class Desk:
    """What the worker does with a batch, and what a reader makes of what is published."""

    def __init__(self) -> None:
        self.book = BarBook(SYMBOLS)
        self.arrived: dict[int, Print] = {}
        self.newest = 0
        self.shown: dict[tuple[int, str], dict[int, Any]] = {}

    def take(self, batch: list[Print]) -> None:
        fresh = {row.id: row for row in batch if row.id not in self.arrived}
        self.book.add_trades(trades_of(trades(*fresh.values())))
        self.arrived |= fresh
        self.newest = max([self.newest, *(row.ts_event for row in batch)])
        self.book.close_until(self.newest)

    def publish(self) -> None:
        for row in self.book.pending_closed():
            view = self.shown.setdefault((int(row["symbol"]), INTERVALS[row["interval"]]), {})
            view[int(row["ordinal"])] = row["bar"]
        self.book.take_closed()

    def closed(self, symbol: int, interval: str) -> dict[int, PlainBar]:
        rows = self.book.series(symbol, interval).bars
        assert list(rows["start"]) == sorted(set(rows["start"].tolist()))
        return {int(row["start"]): plain(row) for row in rows}

    def forming(self, symbol: int, interval: str) -> dict[int, PlainBar]:
        row = self.book.forming()[0][INTERVALS.index(interval), symbol]
        return {int(row["start"]): plain(row)} if row["start"] else {}


def everywhere() -> list[tuple[int, str]]:
    return [(symbol, interval) for symbol in range(SYMBOLS) for interval in KEPT_UP]


@settings(max_examples=25, deadline=None)
@given(batches())
def test_at_every_step_closed_and_forming_bars_are_those_of_the_oracle(arriving: list[list[Print]]) -> None:
    desk = Desk()
    for batch in arriving:
        desk.take(batch)
        for symbol, interval in everywhere():
            expected = bars_of(desk.arrived.values(), interval, symbol)
            forming = {at: row for at, row in expected.items() if at + LENGTH_NS[interval] > desk.newest}
            assert desk.forming(symbol, interval) == forming
            assert desk.closed(symbol, interval) == {at: expected[at] for at in expected.keys() - forming.keys()}


@settings(max_examples=15, deadline=None)
@given(batches())
def test_after_the_end_every_bar_is_closed_and_final(arriving: list[list[Print]]) -> None:
    desk = Desk()
    for batch in arriving:
        desk.take(batch)
    desk.book.close_until(END)
    for symbol, interval in everywhere():
        assert desk.closed(symbol, interval) == bars_of(desk.arrived.values(), interval, symbol)
        assert desk.forming(symbol, interval) == {}
        assert desk.book.series(symbol, interval).bars["final"].all()


@settings(max_examples=15, deadline=None)
@given(batches())
def test_who_applies_what_is_published_holds_the_same_bars_at_the_same_ordinals(arriving: list[list[Print]]) -> None:
    desk = Desk()
    for batch in arriving:
        desk.take(batch)
        desk.publish()
        for symbol, interval in everywhere():
            series = desk.book.series(symbol, interval)
            shown = desk.shown.get((symbol, interval), {})
            assert sorted(shown) == list(range(series.first, series.next_ordinal))
            assert [shown[ordinal] for ordinal in sorted(shown)] == list(series.bars)


@settings(max_examples=15, deadline=None)
@given(batches())
def test_a_bar_that_is_closed_only_moves_to_smaller_ordinals_and_changes_only_with_a_higher_revision(
    arriving: list[list[Print]],
) -> None:
    desk = Desk()
    known: dict[tuple[int, str, int], tuple[int, int, PlainBar]] = {}
    for batch in arriving:
        desk.take(batch)
        for symbol, interval in everywhere():
            series = desk.book.series(symbol, interval)
            for place, row in enumerate(series.bars):
                key = symbol, interval, int(row["start"])
                ordinal, revision, was = known.get(key, (series.first + place, -1, None))
                assert series.first + place <= ordinal
                assert int(row["revision"]) > revision or plain(row) == was
                known[key] = series.first + place, int(row["revision"]), plain(row)


@settings(max_examples=15, deadline=None)
@given(prints(), st.data())
def test_a_restart_in_the_middle_gives_the_same_bars_as_none(rows: list[Print], data: st.DataObject) -> None:
    known = rows[: data.draw(st.integers(0, len(rows)))]
    start = max(known[-1].ts_event if known else 0, NOON) // MINUTE * MINUTE
    desk, whole = Desk(), Desk()
    whole.take(rows)
    if known:
        desk.take(known)
    for symbol in range(SYMBOLS):
        desk.book.restart_at(symbol, start, minutes_before(start, rows, symbol), np.zeros(0, BAR))
    desk.arrived.clear()
    desk.take([row for row in rows if row.ts_event >= start])
    for book in desk.book, whole.book:
        book.close_until(END)
    for symbol, interval in everywhere():
        assert desk.closed(symbol, interval) == whole.closed(symbol, interval)


def minutes_before(start: int, rows: list[Print], symbol: int) -> Bars:
    found = [(at, row) for at, row in bars_of(rows, "1Min", symbol).items() if at < start]
    return np.array(
        [
            (at, *row[:4], row.volume, row.trade_count, row.notional, 0, 1, Source.ALPACA, 0, at, at)
            for at, row in found
        ],
        BAR,
    )


def closed_minute(*prices: float) -> BarBook:
    """A book whose first minute has closed on these prices."""
    book = BarBook(1)
    prints = [Print(NOON + place, 0, price, 1, place + 1) for place, price in enumerate(prices)]
    book.add_trades(trades_of(trades(*prints)))
    book.close_until(NOON + MINUTE)
    return book


def of_interval(pending: Records, interval: str) -> Records:
    of_it: Records = pending[pending["interval"] == INTERVALS.index(interval)]
    return of_it


def test_a_late_trade_amends_the_closed_bar_which_is_pending_again_with_a_higher_revision() -> None:
    book = closed_minute(10.0)
    book.take_closed()
    book.add_trades(trades_of(trade(NOON + NS, 12.0)))
    (pending,) = of_interval(book.pending_closed(), "1Min")
    assert pending["bar"]["revision"] == 1 and pending["bar"]["final"] == 1
    assert (pending["ordinal"], pending["bar"]["high"], pending["bar"]["close"]) == (0, 12.0, 12.0)


def test_a_trade_that_is_late_and_older_than_all_becomes_the_open() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON + 5, 10.0)))
    book.add_trades(trades_of(trade(NOON + 1, 9.0)))
    book.close_until(NOON + MINUTE)
    closed = book.series(0, "1Min").at(0)
    assert (closed["open"], closed["close"], closed["revision"]) == (9.0, 10.0, 0)


def test_of_trades_at_one_instant_the_first_to_come_opens_and_the_last_closes() -> None:
    book = BarBook(1)
    for price in (10.0, 12.0, 11.0):
        book.add_trades(trades_of(trade(NOON, price)))
    row = book.forming()[0][INTERVALS.index("1s"), 0]
    assert (row["open"], row["high"], row["close"]) == (10.0, 12.0, 11.0)


def test_a_bar_that_was_missing_moves_the_older_ones_down_and_not_the_newer() -> None:
    book = BarBook(1)
    for minute in (0, 2, 3):
        book.add_trades(trades_of(trade(NOON + minute * MINUTE, 10.0)))
    book.close_until(NOON + 4 * MINUTE)
    book.add_trades(trades_of(trade(NOON + MINUTE, 11.0)))
    series = book.series(0, "1Min")
    assert series.first == -1
    assert [series.find(NOON + minute * MINUTE) for minute in range(4)] == [-1, 0, 1, 2]


def test_the_clock_closes_a_bar_at_its_end_and_not_before() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON, 10.0)))
    book.close_until(NOON + MINUTE - 1)
    assert len(book.series(0, "1Min")) == 0 and len(book.series(0, "1s")) == 1
    book.close_until(NOON + MINUTE)
    assert len(book.series(0, "1Min")) == 1 and len(book.series(0, "5Min")) == 0
    book.close_until(NOON + 5 * MINUTE)
    assert len(book.series(0, "5Min")) == 1


def test_nothing_is_pending_after_it_was_published() -> None:
    book = closed_minute(10.0)
    assert len(book.pending_closed()) == 3
    book.take_closed()
    assert len(book.pending_closed()) == 0


def test_no_trades_make_no_bars() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trades()))
    book.close_until(END)
    assert not len(book.pending_closed()) and not book.forming()[0]["start"].any()


def test_alpacas_equal_minute_is_no_mismatch_and_changes_nothing() -> None:
    book = closed_minute(10.0, 12.0)
    book.take_closed()
    book.add_minute(0, bar(NOON, 12.0, 2.0, 2, open=10.0, low=10.0))
    assert book.mismatches == 0
    assert len(book.pending_closed()) == 0


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume", "trade_count"])
def test_alpacas_different_minute_is_counted_and_has_the_last_word(name: str) -> None:
    book = closed_minute(10.0)
    book.take_closed()
    book.add_minute(0, bar(NOON, **{name: 99}))
    (pending,) = of_interval(book.pending_closed(), "1Min")
    assert book.mismatches == 1
    assert pending["bar"][name] == 99 and pending["bar"]["source"] == Source.ALPACA
    assert pending["bar"]["revision"] == 1 and pending["bar"]["final"] == 1


def test_alpacas_minute_closes_ours_that_forms_still() -> None:
    book = BarBook(1)
    book.add_trades(trades_of(trade(NOON, 10.0)))
    book.add_minute(0, bar(NOON))
    assert book.mismatches == 0
    assert len(book.series(0, "1Min")) == 1
    assert not book.forming()[0]["start"][INTERVALS.index("1Min"), 0]


def test_alpacas_minute_that_we_have_no_trade_of_is_counted_and_taken() -> None:
    book = closed_minute(10.0)
    book.add_minute(0, bar(NOON + MINUTE, 11.0))
    assert book.mismatches == 1
    assert book.series(0, "1Min").at(1)["close"] == 11.0


def test_a_late_trade_does_not_change_alpacas_minute() -> None:
    book = closed_minute(10.0)
    book.add_minute(0, bar(NOON, 11.0))
    book.add_trades(trades_of(trade(NOON + NS, 15.0)))
    assert plain(book.series(0, "1Min").at(0)) == plain(bar(NOON, 11.0))


def test_alpacas_minute_goes_into_the_longer_bars() -> None:
    book = closed_minute(10.0)
    book.add_minute(0, bar(NOON, 10.0, 5.0, 5, high=13.0))
    forming = book.forming()[0][INTERVALS.index("5Min"), 0]
    assert (forming["high"], forming["volume"], forming["trade_count"]) == (13.0, 5.0, 5)


def test_a_restart_takes_history_before_the_start_and_drops_what_came_after() -> None:
    book = closed_minute(10.0)
    book.add_trades(trades_of(trade(NOON + MINUTE, 50.0)))
    history = bars(bar(NOON - MINUTE, 8.0), bar(NOON, 9.0), bar(NOON + MINUTE, 77.0))
    book.restart_at(0, NOON + MINUTE, history, bars(bar(NOON - 4_000 * MINUTE, 5.0)))
    assert list(book.series(0, "1Min").bars["close"]) == [8.0, 9.0]
    assert book.series(0, "1Min").find(NOON) == 0, "the newest old bar keeps its ordinal"
    assert list(book.series(0, "1Day").bars["close"]) == [5.0]
    assert not book.forming()[0]["start"][INTERVALS.index("1Min"), 0]


def test_a_restart_makes_the_longer_bars_out_of_the_minutes() -> None:
    book = BarBook(1)
    history = bars(*(bar(NOON + minute * MINUTE, 10.0 + minute) for minute in range(7)))
    book.restart_at(0, NOON + 7 * MINUTE, history, np.zeros(0, BAR))
    (closed,) = book.series(0, "5Min").bars
    forming = book.forming()[0][INTERVALS.index("5Min"), 0]
    assert (closed["open"], closed["close"], closed["volume"], closed["final"]) == (10.0, 14.0, 5.0, 1)
    assert (forming["start"], forming["open"], forming["close"]) == (NOON + 5 * MINUTE, 15.0, 16.0)


def test_a_restart_inside_a_longer_bar_that_the_clock_had_closed_does_not_make_it_twice() -> None:
    book = BarBook(1)
    for minute in range(5):
        book.add_trades(trades_of(trade(NOON + minute * MINUTE, 10.0)))
    book.close_until(NOON + 5 * MINUTE)
    book.restart_at(0, NOON + 4 * MINUTE, np.zeros(0, BAR), np.zeros(0, BAR))
    book.add_trades(trades_of(trade(NOON + 4 * MINUTE, 10.0)))
    book.close_until(NOON + 5 * MINUTE)
    (whole,) = book.series(0, "5Min").bars
    assert (whole["start"], whole["trade_count"]) == (NOON, 5)


def test_a_series_that_was_taken_over_goes_on_with_its_ordinals() -> None:
    book = BarBook(1)
    book.take_over(0, "1Min", BarSeries(41, bars(bar(NOON - MINUTE), bar(NOON - 2 * MINUTE))[::-1]))
    book.add_trades(trades_of(trade(NOON, 10.0)))
    assert book.forming()[1][INTERVALS.index("1Min"), 0] == 43
    book.close_until(NOON + MINUTE)
    assert book.series(0, "1Min").find(NOON) == 43


def test_the_ordinal_of_a_forming_bar_is_the_one_it_closes_at() -> None:
    book = closed_minute(10.0)
    book.add_trades(trades_of(trade(NOON + MINUTE, 10.0)))
    ordinals = book.forming()[1][:, 0]
    book.close_until(END)
    for interval in KEPT_UP:
        assert book.series(0, interval).next_ordinal - 1 == ordinals[INTERVALS.index(interval)]
