"""The series: where a bar's ordinal comes from, and that it stays."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.bar_series import BarSeries
from tests.unit.domain.ticks import MINUTE, NOON, bar, bars


def series_of(*minutes: int, first: int = 0) -> BarSeries:
    return BarSeries(first, bars(*(bar(NOON + minute * MINUTE) for minute in minutes)))


def places(series: BarSeries) -> dict[int, int]:
    """The ordinal of each minute."""
    return {(int(row["start"]) - NOON) // MINUTE: series.first + place for place, row in enumerate(series.bars)}


def test_an_empty_series_begins_at_its_first_ordinal() -> None:
    series = BarSeries(7)
    assert (len(series), series.next_ordinal, series.last_start, series.find(NOON)) == (0, 7, -1, None)
    assert series.append(bar(NOON)) == 7


def test_bars_that_are_appended_get_consecutive_ordinals_however_many() -> None:
    series = BarSeries()
    assert [series.append(bar(NOON + minute * MINUTE)) for minute in range(500)] == list(range(500))
    assert [series.find(NOON + minute * MINUTE) for minute in range(500)] == list(range(500))


def test_a_bar_that_is_inserted_moves_only_the_older_ones() -> None:
    series = series_of(0, 2, 3)
    assert series.insert(bar(NOON + MINUTE)) == 0
    assert places(series) == {0: -1, 1: 0, 2: 1, 3: 2}


def test_history_does_not_move_the_newest_old_bar() -> None:
    series = series_of(5, 6, first=10)
    series.merge(bars(*(bar(NOON + minute * MINUTE, 99.0) for minute in (1, 3, 5, 8))))
    assert places(series) == {1: 8, 3: 9, 5: 10, 6: 11, 8: 12}


def test_where_both_have_a_bar_history_stands() -> None:
    series = series_of(0, 1)
    series.merge(bars(bar(NOON + MINUTE, 99.0)))
    assert list(series.bars["close"]) == [10.0, 99.0]


def test_history_of_an_empty_series_begins_at_its_first_ordinal() -> None:
    series = BarSeries(3)
    series.merge(bars(bar(NOON), bar(NOON + MINUTE)))
    assert places(series) == {0: 3, 1: 4}


def test_no_history_changes_nothing() -> None:
    series = series_of(0, 1, first=4)
    series.merge(bars())
    assert places(series) == {0: 4, 1: 5}


def test_bars_from_a_start_on_are_dropped_and_their_ordinals_are_given_again() -> None:
    series = series_of(0, 1, 2, first=4)
    series.keep_before(NOON + MINUTE)
    assert places(series) == {0: 4}
    assert series.append(bar(NOON + 9 * MINUTE)) == 5


def test_all_bars_dropped_leaves_the_first_ordinal() -> None:
    series = series_of(0, 1, first=4)
    series.keep_before(NOON)
    assert (len(series), series.next_ordinal) == (0, 4)


def test_a_bar_that_is_put_replaces_only_itself() -> None:
    series = series_of(0, 1, 2, first=-2)
    series.put(-1, bar(NOON + MINUTE, 50.0))
    assert list(series.bars["close"]) == [10.0, 50.0, 10.0]


def test_a_bar_that_was_read_is_a_copy() -> None:
    series = series_of(0)
    series.at(0)["close"] = 50.0
    assert series.at(0)["close"] == 10.0


def test_between_includes_its_begin_and_not_its_end() -> None:
    found = series_of(0, 1, 2, 3).between(NOON + MINUTE, NOON + 3 * MINUTE)
    assert list(found["start"]) == [NOON + MINUTE, NOON + 2 * MINUTE]


def test_a_series_that_grew_too_long_keeps_the_newest_at_their_ordinals() -> None:
    series = series_of(*range(21))
    series.trim(10)
    assert places(series) == {minute: minute for minute in range(11, 21)}
    series.append(bar(NOON + 21 * MINUTE))
    series.trim(10)
    assert len(series) == 11, "it is cut only when it is twice as long"


minutes_of_a_day = st.lists(st.integers(0, 40), unique=True, max_size=20).map(sorted)


@settings(max_examples=40, deadline=None)
@given(minutes_of_a_day, minutes_of_a_day, st.lists(st.integers(0, 60), unique=True, max_size=8))
def test_whatever_is_done_starts_are_in_order_once_each_and_newer_bars_stay(
    ours: list[int], theirs: list[int], more: list[int]
) -> None:
    series = series_of(*ours, first=5)
    newest = ours[-1] if ours else None
    series.merge(bars(*(bar(NOON + minute * MINUTE, 99.0) for minute in theirs)))
    assert sorted(places(series)) == sorted({*ours, *theirs})
    assert newest is None or places(series)[newest] == 5 + len(ours) - 1
    for minute in more:
        if minute not in places(series):
            before = places(series)
            (series.insert if before and minute < max(before) else series.append)(bar(NOON + minute * MINUTE))
            moved = {old: ordinal for old, ordinal in places(series).items() if before.get(old, ordinal) != ordinal}
            assert all(old < minute and ordinal == before[old] - 1 for old, ordinal in moved.items())
    assert list(places(series)) == sorted({*ours, *theirs, *more})
    assert list(places(series).values()) == list(range(series.first, series.next_ordinal))
