"""Conflation: every trade stays, and the newest quote of each symbol, in order of arrival."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.conflation import newest_quotes
from domain.tick import Kind
from tests.unit.domain.ticks import NOON, quote, trade


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=30))
def test_trades_stay_and_each_symbols_last_quote_in_order(made: list[tuple[bool, int]]) -> None:
    rows = [
        trade(NOON + at, 10.0, symbol=symbol) if is_trade else quote(NOON + at, 9.0, 11.0, symbol)
        for at, (is_trade, symbol) in enumerate(made)
    ]
    ticks = np.concatenate([trade(NOON, 1.0)[:0], *rows])
    kept, dropped = newest_quotes(ticks)
    last = {symbol: at for at, (is_trade, symbol) in enumerate(made) if not is_trade}
    expected = [at for at, (is_trade, symbol) in enumerate(made) if is_trade or last[symbol] == at]
    assert (kept["ts_event"] - NOON).tolist() == expected
    assert dropped == len(made) - len(expected)
    assert np.count_nonzero(kept["kind"] == Kind.TRADE) == sum(is_trade for is_trade, _ in made)
