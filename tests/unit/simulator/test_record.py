"""The record: enough is kept, and not more for ever."""

from __future__ import annotations

import numpy as np
import pytest

from domain.session import NS_PER_SECOND
from simulator.bar import NS_PER_MINUTE
from simulator.columns import BarColumns
from simulator.record import Record
from simulator.trade import Trade

START = 1_795_161_600_000_000_000
HOURS = 6


def played(*, keep_all: bool) -> Record:
    record = Record(BarColumns.empty, BarColumns.empty, keep_all=keep_all)
    for second in range(HOURS * 3_600):
        if second and second % 60 == 0:
            record.close_minute(START + (second - 60) * NS_PER_SECOND)
        record.add(Trade("AAPL", START + second * NS_PER_SECOND, second, 100.0, 1, "V", "C"))
    record.close_minute(START + (HOURS * 60 - 1) * NS_PER_MINUTE)
    return record


@pytest.mark.parametrize(("keep_all", "least", "most"), [(False, 60, 150), (True, HOURS * 60, HOURS * 60)])
def test_an_hour_of_trades_is_kept_and_of_a_tape_all(keep_all, least, most):
    trades = played(keep_all=keep_all).trades
    assert least * 60 <= len(trades) <= most * 60
    assert [trade.trade_id for trade in trades] == list(range(trades[0].trade_id, HOURS * 3_600))


def test_every_finished_minute_is_told_however_long_it_goes_on():
    record = played(keep_all=False)
    for _ in range(2):
        minutes = record.minutes()
        assert np.array_equal(minutes.start, START + NS_PER_MINUTE * np.arange(HOURS * 60))
        assert set(minutes.trade_count.tolist()) == {60}


def test_a_minute_without_trades_has_no_bar():
    record = Record(BarColumns.empty, BarColumns.empty, keep_all=False)
    assert record.close_minute(START) is None
    assert len(record.minutes()) == 0
