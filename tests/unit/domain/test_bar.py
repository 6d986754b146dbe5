"""The arithmetic of one bar."""

from __future__ import annotations

import pytest

from domain.bar import BAR, join, same_prints, vwap
from domain.closed_bar import CLOSED_BAR
from domain.latest import LATEST
from domain.tick import QUOTE, TICK, TRADE
from tests.unit.domain.ticks import MINUTE, NOON, bar, bars, plain


def test_the_records_have_the_sizes_that_the_cache_relies_on() -> None:
    assert {dtype.itemsize for dtype in (TICK, TRADE, QUOTE)} == {64}
    assert (BAR.itemsize, CLOSED_BAR.itemsize, LATEST.itemsize) == (88, 104, 80)


def test_a_bar_is_as_long_as_its_fields_say() -> None:
    for dtype in (TICK, BAR, LATEST, CLOSED_BAR):
        assert sum(dtype[name].itemsize for name in dtype.names or ()) == dtype.itemsize


def test_vwap_is_notional_by_volume_and_the_close_where_nothing_was_traded() -> None:
    assert vwap(bar(NOON, 10.0, 4.0, notional=50.0)) == 12.5
    assert vwap(bar(NOON, 10.0, 0.0)) == 10.0


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume", "trade_count"])
def test_bars_that_differ_in_one_word_do_not_tell_of_the_same_trades(name: str) -> None:
    assert same_prints(bar(NOON), bar(NOON, revision=3, source=1, first_at=1, notional=9))
    assert not same_prints(bar(NOON), bar(NOON, **{name: 99}))


def test_joined_bars_keep_the_first_open_the_last_close_and_every_sum() -> None:
    joined = join(bars(bar(NOON, 10.0, 2.0, 3), bar(NOON + MINUTE, 8.0, 1.0, 1), bar(NOON + 3 * MINUTE, 9.0)), NOON)
    assert plain(joined) == (10.0, 10.0, 8.0, 9.0, 4.0, 5, 37.0)
    assert (joined["start"], joined["first_at"], joined["last_at"]) == (NOON, NOON, NOON + 3 * MINUTE)
    assert (joined["final"], joined["revision"]) == (0, 0)
