"""Trades that come twice count once; trades that only look alike count each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_worker.trade_ids import SeenTrades
from tests.unit.domain.ticks import NOON, NS, Print, trades

NAMES = np.arange(10, dtype=np.uint64)
keys = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 4))


def prints(*rows: tuple[int, int, int]) -> list[Print]:
    return [Print(NOON + at, symbol, 10.0, 1, id) for at, symbol, id in rows]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(keys, max_size=8), max_size=6))
def test_a_trade_is_fresh_the_first_time_only(batches: list[list[tuple[int, int, int]]]) -> None:
    seen, known = SeenTrades(), set()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key not in known)
            known.add(key)
        assert seen.fresh(trades(*prints(*batch)), NAMES).tolist() == expected


@pytest.mark.parametrize("other", [(1, 0, 7), (0, 1, 7), (0, 0, 8)], ids=["time", "symbol", "id"])
def test_a_trade_of_another_time_symbol_or_id_is_another_trade(other: tuple[int, int, int]) -> None:
    seen = SeenTrades()
    seen.fresh(trades(*prints((0, 0, 7))), NAMES)
    assert seen.fresh(trades(*prints(other)), NAMES).all()


def test_many_trades_that_differ_by_one_are_all_fresh() -> None:
    rows = [(at, symbol, id) for at in range(10) for symbol in range(10) for id in range(1, 101)]
    assert SeenTrades().fresh(trades(*prints(*rows)), NAMES).all()


@pytest.mark.parametrize("id", [0, 1, 2**53, 2**63 - 1])
def test_ids_of_any_size_are_remembered(id: int) -> None:
    seen = SeenTrades()
    assert seen.fresh(trades(*prints((0, 0, id))), NAMES).all()
    assert not seen.fresh(trades(*prints((0, 0, id))), NAMES).any()


def test_at_least_a_generation_is_remembered_and_at_most_two() -> None:
    seen = SeenTrades(generation=10)
    for id in range(1, 31):
        seen.fresh(trades(*prints((0, 0, id))), NAMES)
    newest = [(0, 0, id) for id in range(21, 31)]
    assert not seen.fresh(trades(*prints(*newest)), NAMES).any()
    assert seen.fresh(trades(*prints((0, 0, 1))), NAMES).all(), "the oldest are forgotten"


def test_after_clear_everything_is_fresh() -> None:
    seen = SeenTrades()
    seen.fresh(trades(*prints((0, 0, 1))), NAMES)
    seen.clear()
    assert seen.fresh(trades(*prints((0, 0, 1))), NAMES).all()


def test_no_trades_are_no_answer() -> None:
    assert SeenTrades().fresh(trades(), NAMES).tolist() == []


def test_trades_without_an_id_are_told_apart_by_what_they_are() -> None:
    """Alpaca's trades of options carry no id."""
    rows = trades(*[Print(NOON, 0, price, size, 0) for price, size in ((5.0, 1), (5.1, 1), (5.0, 2), (5.0, 1))])
    rows["exchange"] = [1, 1, 1, 2]
    seen = SeenTrades()
    assert seen.fresh(rows, NAMES).all()
    assert not seen.fresh(rows, NAMES).any(), "history tells of the same"


def test_trades_are_forgotten_by_time_so_that_memory_is_flat_in_a_slow_market() -> None:
    seen = SeenTrades()
    for minute in range(200):
        rows = trades(*prints((minute * 60 * NS, 0, 1), (minute * 60 * NS + 1, 0, 2)))
        assert seen.fresh(rows, NAMES).all() and not seen.fresh(rows, NAMES).any()
    assert len(seen._young) + len(seen._old) <= 2 * 2 * 12
    ten_minutes_ago = trades(*prints((190 * 60 * NS, 0, 1)))
    assert not seen.fresh(ten_minutes_ago, NAMES).any()
