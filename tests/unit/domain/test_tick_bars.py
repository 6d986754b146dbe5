"""Partial bars out of a batch: their order, whatever the span of time and the number of symbols."""

from __future__ import annotations

from random import Random

import pytest

from domain.interval import LENGTH_NS, TICK_INTERVALS
from domain.tick_bars import partial_bars
from tests.unit.domain.bar_oracle import Print, records, tick_bars
from tests.unit.domain.ticks import NOON, NS, plain

DAY = 86_400 * NS


@pytest.mark.parametrize("span", [5 * NS, 90 * 60 * NS, 300 * DAY, 20_000 * DAY])
@pytest.mark.parametrize("symbols", [1, 100, 10_000])
def test_each_symbol_and_start_has_one_bar_in_order_and_it_is_the_oracles(span: int, symbols: int) -> None:
    random = Random(span + symbols)
    rows = [
        Print(NOON - random.randrange(span), random.randrange(symbols), random.randint(1, 99) / 4, 1, number)
        for number in range(300)
    ]
    made, _ = partial_bars(records(rows))
    for interval, part in zip(TICK_INTERVALS, made, strict=True):
        expected: dict[tuple[int, int], list[Print]] = {}
        for row in rows:
            expected.setdefault((row.symbol, row.ts_event // LENGTH_NS[interval]), []).append(row)
        oracle = [tick_bars(prints, interval, symbol) for (symbol, _), prints in sorted(expected.items())]
        assert part.symbols.tolist() == [symbol for symbol, _ in sorted(expected)]
        assert [{int(bar["start"]): plain(bar)} for bar in part.bars] == oracle


def test_trades_of_one_instant_stay_in_order_of_arrival_among_many_symbols() -> None:
    rows = [Print(NOON, number % 7, float(number + 1), 1, number) for number in range(70)]
    made, _ = partial_bars(records(rows))
    assert made[0].bars["open"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert made[0].bars["close"].tolist() == [64.0, 65.0, 66.0, 67.0, 68.0, 69.0, 70.0]
