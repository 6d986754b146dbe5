"""The aggressor against a slow oracle that walks the ticks one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aggressor import mark_aggressors
from domain.latest import LATEST
from domain.tick import TICK, Flag, Kind
from tests.unit.domain.ticks import quote, trade

prices = st.sampled_from([0.0, 9.0, 10.0, 11.0, 12.0])
ticks = st.lists(
    st.tuples(st.sampled_from([Kind.TRADE, Kind.QUOTE]), st.integers(0, 2), prices, prices), min_size=1, max_size=30
)
quotes_before = st.lists(st.tuples(prices, prices), min_size=3, max_size=3)

Tick = tuple[Kind, int, float, float]


def walked(rows: list[Tick], before: list[tuple[float, float]]) -> list[int]:
    """The flags, tick by tick."""
    quotes, flags = list(before), []
    for kind, symbol, first, second in rows:
        bid, ask = quotes[symbol]
        if kind is Kind.QUOTE:
            quotes[symbol] = first, second
            flags.append(0)
        else:
            flags.append(Flag.AT_ASK if 0 < ask <= first else Flag.AT_BID if bid >= first and bid > 0 else 0)
    return [int(flag) for flag in flags]


@settings(max_examples=60, deadline=None)
@given(ticks, quotes_before)
def test_each_trade_is_judged_by_the_quote_just_before_it(rows: list[Tick], before: list[tuple[float, float]]) -> None:
    latest = np.zeros(3, LATEST)
    latest["bid_price"], latest["ask_price"] = zip(*before, strict=True)
    made = [
        trade(at, first, symbol=symbol) if kind is Kind.TRADE else quote(at, first, second, symbol)
        for at, (kind, symbol, first, second) in enumerate(rows, 1)
    ]
    batch = np.concatenate(made)
    mark_aggressors(batch, latest)
    assert batch["flags"].tolist() == walked(rows, before)
    assert batch["ts_event"].tolist() == list(range(1, len(rows) + 1)), "the order stays"


def test_history_is_left_alone() -> None:
    batch = np.concatenate([quote(1, 9.0, 10.0), trade(2, 10.0)])
    batch["flags"][1] = Flag.BACKFILLED
    mark_aggressors(batch, np.zeros(1, LATEST))
    assert batch["flags"][1] == Flag.BACKFILLED


def test_nothing_and_quotes_alone_are_left_alone() -> None:
    for batch in np.zeros(0, TICK), quote(1, 9.0, 10.0):
        mark_aggressors(batch, np.zeros(1, LATEST))
        assert not batch["flags"].any()
