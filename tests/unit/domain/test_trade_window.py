"""The window of recent trades: what it holds, and what it knows that it does not hold."""

from __future__ import annotations

import numpy as np
import pytest

from domain.trade_window import CHUNK_ROWS, TradeWindow
from tests.unit.domain.bar_oracle import Print, records
from tests.unit.domain.ticks import MINUTE, NOON, NS


def window_of(*times: int, symbols: int = 1, span_ns: int = 15 * MINUTE, most: int = 10**6) -> TradeWindow:
    window = TradeWindow(symbols, span_ns, most)
    window.add(records(Print(at, 0, 10.0, 1, number) for number, at in enumerate(times)))
    return window


def ids(window: TradeWindow, start: int, end: int, symbol: int = 0) -> list[int]:
    return window.between(symbol, start, end)["id"].tolist()


def test_between_has_its_start_and_not_its_end_in_order_of_arrival() -> None:
    window = window_of(NOON + 3, NOON, NOON + NS, NOON + 1)
    assert ids(window, NOON, NOON + NS) == [0, 1, 3]


def test_trades_of_another_symbol_are_not_found() -> None:
    window = window_of(NOON, symbols=2)
    assert ids(window, 0, NOON + NS, symbol=1) == [] and window.find(1, ord("V"), 0) is None


def test_many_trades_in_one_batch_are_all_held() -> None:
    window = window_of(*range(NOON, NOON + 3 * CHUNK_ROWS + 5))
    assert ids(window, NOON, NOON + NS) == list(range(3 * CHUNK_ROWS + 5)) and len(window) == 3 * CHUNK_ROWS + 5


def test_a_trade_is_found_by_exchange_and_id_and_can_be_replaced_and_removed() -> None:
    window = window_of(NOON, NOON + 1)
    assert window.find(0, ord("Q"), 1) is None
    place = window.find(0, ord("V"), 1)
    assert place is not None
    changed = window.at(place)
    changed["id"], changed["price"] = 77, 12.0
    window.put(place, changed)
    assert window.between(0, NOON, NOON + NS)["price"].tolist() == [10.0, 12.0] and window.find(0, ord("V"), 1) is None
    window.remove(place)
    assert ids(window, NOON, NOON + NS) == [0] and window.find(0, ord("V"), 77) is None


def test_an_id_that_was_given_twice_is_the_newer_trade() -> None:
    window = window_of(NOON)
    window.add(records([Print(NOON + NS, 0, 11.0, 1, 0)]))
    place = window.find(0, ord("V"), 0)
    assert place is not None and window.at(place)["price"] == 11.0


@pytest.mark.parametrize("limits", [{"span_ns": MINUTE}, {"most": 2 * CHUNK_ROWS}])
def test_old_trades_are_dropped_and_their_time_is_no_longer_covered(limits: dict[str, int]) -> None:
    window = window_of(*range(NOON, NOON + CHUNK_ROWS), **limits)
    assert window.covers(0, NOON)
    window.add(records(Print(NOON + 2 * MINUTE, 0, 10.0, 1, 10**6) for _ in range(CHUNK_ROWS + 1)))
    assert not window.covers(0, NOON) and window.covers(0, NOON + CHUNK_ROWS)
    assert set(ids(window, NOON, NOON + 3 * MINUTE)) == {10**6}


def test_a_symbol_that_began_in_another_run_of_the_market_has_lost_nothing() -> None:
    window = window_of(*range(NOON, NOON + CHUNK_ROWS), most=CHUNK_ROWS)
    window.begin(0, NOON - 500 * MINUTE)
    window.add(records([Print(NOON - 400 * MINUTE, 0, 10.0, 1, 10**6)]))
    assert window.covers(0, NOON - 500 * MINUTE) and ids(window, 0, 2 * NOON) == [10**6]


def test_a_window_is_bounded_however_many_trades_come() -> None:
    window = window_of(NOON, most=4 * CHUNK_ROWS)
    batch = records(Print(NOON, 0, 10.0, 1, number) for number in range(100))
    for _ in range(1_000):
        window.add(batch)
    assert len(window) <= 4 * CHUNK_ROWS


def test_a_symbol_that_begins_anew_has_no_older_trades_and_the_others_keep_theirs() -> None:
    window = TradeWindow(2)
    window.add(records([Print(NOON, 0, 10.0, 1, 1), Print(NOON, 1, 10.0, 1, 2)]))
    window.begin(0, NOON - NS)
    window.add(records([Print(NOON, 0, 10.0, 1, 3)]))
    assert ids(window, 0, NOON + NS) == [3] and ids(window, 0, NOON + NS, symbol=1) == [2]
    assert window.find(0, ord("V"), 1) is None and window.find(0, ord("V"), 3) is not None
    assert window.covers(0, NOON - NS) and not window.covers(0, NOON - NS - 1) and window.covers(1, 0)


def test_what_is_found_is_a_copy() -> None:
    window = window_of(NOON)
    window.between(0, NOON, NOON + NS)["price"] = np.nan
    assert window.between(0, NOON, NOON + NS)["price"][0] == 10.0
