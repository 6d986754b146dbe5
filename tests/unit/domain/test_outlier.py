"""Outliers: flagged, shown and never removed; a price that stays is believed at the third trade."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.outlier import CONVINCED_BY, FAR, Outliers
from domain.tick import Flag, Records
from tests.unit.domain.ticks import NOON, quote, trade

prints = st.tuples(st.integers(0, 1), st.sampled_from([100.0, 101.0, 104.0, 105.1, 95.1, 94.0, 110.0, 200.0, 0.01]))


def batch(*rows: tuple[int, float]) -> Records:
    return np.concatenate([trade(NOON + at, price, symbol=symbol) for at, (symbol, price) in enumerate(rows)])


def flagged(ticks: Records) -> list[bool]:
    return [bool(flags & Flag.OUTLIER) for flags in ticks["flags"].tolist()]


def slowly(rows: list[tuple[int, float]]) -> list[bool]:
    """The rule in plain words, one trade after another."""
    known: dict[int, float] = {}
    doubted: dict[int, int] = {}
    answer = []
    for symbol, price in rows:
        far = symbol in known and abs(price - known[symbol]) > FAR * known[symbol]
        doubted[symbol] = doubted.get(symbol, 0) + 1 if far else 0
        if not far or doubted[symbol] == CONVINCED_BY:
            known[symbol], doubted[symbol] = price, 0
        answer.append(far)
    return answer


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(prints, min_size=1, max_size=6), max_size=8))
def test_what_is_flagged_depends_on_the_order_of_trades_and_not_on_how_they_were_batched(
    batches: list[list[tuple[int, float]]],
) -> None:
    outliers, found, counted = Outliers(), [], 0
    for rows in batches:
        ticks = batch(*rows)
        counted += outliers.flag(ticks)
        found += flagged(ticks)
    assert found == slowly([row for rows in batches for row in rows])
    assert counted == sum(found)


@pytest.mark.parametrize("size", [1, 2, 5, 20])
def test_a_real_move_of_a_tenth_is_flagged_for_three_trades_at_most(size: int) -> None:
    outliers = Outliers()
    rows = [(0, 100.0)] * 20 + [(0, 110.0)] * 20
    flags: list[bool] = []
    for begin in range(0, len(rows), size):
        ticks = batch(*rows[begin : begin + size])
        outliers.flag(ticks)
        flags += flagged(ticks)
    assert flags == [False] * 20 + [True] * 3 + [False] * 17


def test_one_odd_print_is_flagged_alone() -> None:
    ticks = batch((0, 100.0), (0, 150.0), (0, 100.5), (0, 99.5))
    assert Outliers().flag(ticks) == 1 and flagged(ticks) == [False, True, False, False]


def test_two_trades_that_are_near_the_last_price_may_be_far_from_each_other() -> None:
    outliers = Outliers()
    outliers.flag(batch((0, 100.0)))
    ticks = batch((0, 104.5), (0, 96.0))
    outliers.flag(ticks)
    assert flagged(ticks) == [False, True]


def test_odd_prints_that_are_not_in_a_row_never_convince() -> None:
    outliers = Outliers()
    for _ in range(5):
        ticks = batch((0, 100.0))
        outliers.flag(ticks)
        assert flagged(ticks) == [False]
        ticks = batch((0, 150.0))
        outliers.flag(ticks)
        assert flagged(ticks) == [True]


def test_a_symbol_is_judged_by_itself() -> None:
    ticks = batch((0, 100.0), (1, 10.0), (70, 1.0), (0, 101.0), (1, 20.0), (70, 1.01))
    Outliers().flag(ticks)
    assert flagged(ticks) == [False, False, False, False, True, False]


def test_the_first_trade_is_none_and_a_doubt_of_one_symbol_does_not_touch_another() -> None:
    outliers = Outliers()
    outliers.flag(batch((0, 100.0), (0, 200.0), (0, 200.0)))
    ticks = batch((1, 200.0), (0, 200.0), (1, 400.0))
    outliers.flag(ticks)
    assert flagged(ticks) == [False, True, True]


def test_quotes_are_not_judged_and_other_flags_are_kept() -> None:
    ticks = np.concatenate([trade(NOON, 100.0), quote(NOON, 1.0, 900.0), trade(NOON + 1, 200.0)])
    ticks["flags"] = Flag.AT_ASK
    assert Outliers().flag(ticks) == 1
    assert ticks["flags"].tolist() == [Flag.AT_ASK, Flag.AT_ASK, Flag.AT_ASK | Flag.OUTLIER]


def test_nothing_is_removed_or_changed_but_the_flag() -> None:
    ticks = batch((0, 100.0), (0, 200.0), (0, 0.01))
    before = ticks.copy()
    Outliers().flag(ticks)
    before["flags"] = ticks["flags"]
    assert ticks.tobytes() == before.tobytes()


def test_no_trades_are_no_outliers() -> None:
    assert Outliers().flag(quote(NOON, 1.0, 2.0)) == 0 and Outliers().flag(batch((0, 1.0))[:0]) == 0
