"""Ticks that wait: nothing is lost until there is no room, then quotes before trades, and everything is counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tick import Kind, Records
from stream_worker.held_ticks import HeldTicks, RecentTicks
from tests.unit.domain.ticks import NOON, quote, trade


def ticks(*rows: Records) -> Records:
    joined: Records = np.concatenate(rows)
    return joined


def test_ticks_come_out_in_order_and_in_pieces() -> None:
    held = HeldTicks()
    for number in range(10):
        held.add(trade(NOON + number, float(number)), 5 + number)
    assert (len(held), held.since) == (10, 5)
    assert held.take(4)["ts_event"].tolist() == [NOON, NOON + 1, NOON + 2, NOON + 3]
    held.put_first(trade(NOON - 1, 1.0))
    assert held.take(99)["ts_event"].tolist() == [NOON - 1, *range(NOON + 4, NOON + 10)]
    assert (len(held), held.since, held.dropped, held.conflated) == (0, 0, 0, 0)


batches = st.lists(
    st.lists(st.tuples(st.sampled_from([Kind.TRADE, Kind.QUOTE]), st.integers(0, 2)), min_size=1, max_size=8),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(batches, st.integers(10, 30))
def test_no_trade_goes_while_an_old_quote_is_there_and_every_loss_is_counted(
    content: list[list[tuple[Kind, int]]], limit: int
) -> None:
    held, all_rows, at = HeldTicks(limit), [], NOON
    for batch in content:
        rows = []
        for kind, symbol in batch:
            at += 1
            row = trade(at, 1.0, symbol=symbol) if kind is Kind.TRADE else quote(at, 1.0, 2.0, symbol)
            rows.append(row.view(trade(at, 1.0).dtype))
        all_rows += rows
        held.add(ticks(*rows), 1)
        assert len(held) <= limit
    dropped, conflated = held.dropped, held.conflated
    left = held.take(10_000)
    assert len(left) + dropped + conflated == len(all_rows)
    times = left["ts_event"].tolist()
    assert times == sorted(set(times))
    for symbol in range(3):
        newest = [
            int(row["ts_event"][0]) for row in all_rows if row["kind"][0] == Kind.QUOTE and row["symbol"][0] == symbol
        ]
        assert not newest or newest[-1] in times or dropped, "the newest quote of a symbol stays"
    if not dropped:
        assert sum(left["kind"] == Kind.TRADE) == sum(int(row["kind"][0] == Kind.TRADE) for row in all_rows)


def test_recent_ticks_are_the_newest() -> None:
    recent = RecentTicks(limit=5)
    for number in range(20):
        recent.add(ticks(trade(NOON + number, 1.0), trade(NOON + number, 2.0)))
    assert recent.take()["ts_event"].tolist() == [NOON + 18, NOON + 18, NOON + 19, NOON + 19]
    assert len(recent.take()) == 0
