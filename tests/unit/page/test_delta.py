"""The delta: against a real cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callbacks.delta import build_delta
from callbacks.indicators import IndicatorDesk
from domain.tick import Flag
from market_cache.reader import MarketReader

from .conftest import HELD, SYMBOLS, Market

VIEW = {"symbol": "AAPL", "interval": "1Min"}


def ask(cursor: Any = None, **view: Any) -> dict[str, Any]:
    return {"cursor": cursor, "view": {**VIEW, **view}, "n": 1}


class NoTrading:
    """The market's part alone."""

    def part(self, status: object, held: object) -> dict[str, Any]:
        return {}


NO_TRADING: Any = NoTrading()


def first(reader: MarketReader, **view: Any) -> dict[str, Any]:
    return build_delta(reader, ask(**view), "sim", NO_TRADING, IndicatorDesk())


def after(reader: MarketReader, cursor: Any, **view: Any) -> dict[str, Any]:
    reader.catch_up(force=True)
    return build_delta(reader, ask(cursor, **view), "sim", NO_TRADING, IndicatorDesk())


def test_a_page_that_holds_nothing_gets_a_window(market: Market, reader: MarketReader) -> None:
    delta = first(reader)
    bars = delta["window"]["bars"]
    assert len(bars) == 599 and bars[-1][0] == HELD - 1 and delta["forming"][0] == HELD
    assert delta["window"]["symbols"] == list(SYMBOLS) and set(delta["window"]["sparks"]) == set(SYMBOLS)
    assert len(delta["watch"]) == len(SYMBOLS)
    assert delta["cursor"]["symbol"] == "AAPL" and delta["cursor"]["epoch"] == str(market.writer.epoch)


def test_nothing_new_is_a_small_answer_without_rows(market: Market, reader: MarketReader) -> None:
    delta = after(reader, first(reader)["cursor"])
    assert delta["window"] is None
    assert delta["bars"] == delta["tape"] == delta["spreads"] == delta["watch"] == []
    assert len(json.dumps(delta, separators=(",", ":"))) < 800


def test_a_trade_and_a_quote_come_once(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    market.trade(101.5, flags=Flag.AT_BID)
    market.quote(101.4, 101.47)
    delta = after(reader, cursor)
    assert delta["tape"] == [[1_800_000_000_000, 101.5, 100, -1]]
    assert delta["spreads"] == [[1_800_000_000_000, 0.07]]
    assert delta["quote"][:4] == [101.4, 440, 101.47, 100] and delta["last"][0] == 101.5
    assert [row[0] for row in delta["watch"]] == ["AAPL"] and delta["watch"][0][3] == 0.07
    assert after(reader, delta["cursor"])["tape"] == []


def test_the_cursor_of_an_answer_is_what_a_lost_answer_needs(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    market.trade(101.0)
    lost = after(reader, cursor)
    market.trade(102.0)
    assert [row[1] for row in after(reader, cursor)["tape"]] == [101.0, 102.0]
    assert [row[1] for row in after(reader, lost["cursor"])["tape"]] == [102.0]


def test_closed_and_amended_bars_come_with_their_ordinal(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    market.close_bar(HELD, 103.0)
    market.close_bar(HELD - 1, 99.0)
    assert [(row[0], row[5]) for row in after(reader, cursor)["bars"]] == [(HELD, 103.0), (HELD - 1, 99.0)]


def test_many_closed_bars_are_a_window(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    for place in range(70):
        market.close_bar(HELD + place, 101.0)
    assert after(reader, cursor)["window"] is not None


@pytest.mark.parametrize("change", [{"symbol": "MSFT"}, {"interval": "5Min"}])
def test_another_view_is_a_window(market: Market, reader: MarketReader, change: dict[str, str]) -> None:
    delta = after(reader, first(reader)["cursor"], **change)
    assert delta["window"] is not None
    assert delta["cursor"].items() >= {**VIEW, **change}.items()


def test_another_epoch_is_a_window(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    market.writer.begin_epoch(SYMBOLS, market.state())
    delta = after(reader, cursor)
    assert delta["window"] is not None and delta["cursor"]["epoch"] != cursor["epoch"]


def test_a_process_behind_the_page_catches_up_before_it_answers(market: Market, folder: Path) -> None:
    ahead, behind = MarketReader(f"diskcache:{folder}"), MarketReader(f"diskcache:{folder}")
    behind.catch_up(force=True)
    market.trade(105.0)
    cursor = first(ahead)["cursor"]
    delta = build_delta(behind, ask(cursor), "sim", NO_TRADING, IndicatorDesk())
    assert delta["cursor"] == cursor and delta["window"] is None and delta["tape"] == []


def test_a_cursor_from_the_future_is_answered_by_the_status_alone(market: Market, reader: MarketReader) -> None:
    cursor = {**first(reader)["cursor"], "seq": 10**9}
    delta = after(reader, cursor)
    assert delta["cursor"] == cursor
    assert delta["status"]["state"] == "live" and "quote" not in delta and "bars" not in delta


def test_no_cache_is_an_empty_window_and_no_worker(tmp_path: Path) -> None:
    delta = first(MarketReader(f"diskcache:{tmp_path / 'nothing'}"))
    assert delta["window"]["bars"] == [] and delta["quote"] is None and delta["forming"] is None
    assert delta["status"]["state"] == "down" and delta["cursor"]["epoch"] == "0"


def test_an_unknown_symbol_is_answered_with_the_first_one(market: Market, reader: MarketReader) -> None:
    assert first(reader, symbol="NOPE")["cursor"]["symbol"] == "AAPL"


def test_the_age_is_the_workers_age_and_the_time_since(market: Market, reader: MarketReader) -> None:
    assert 200 <= first(reader)["status"]["age_ms"] < 2000


HOSTILE: list[Any] = [
    None,
    [],
    "x" * 100_000,
    7,
    {"view": []},
    {"view": {"symbol": {"a": 1}, "interval": ["1s"]}, "cursor": "now", "n": "one"},
    {"view": {"symbol": "AAPL", "interval": "2Min"}, "n": 1e308},
    {"cursor": {"epoch": "٣", "seq": 1, "symbol": "AAPL", "interval": "1Min"}},
    {"cursor": {"epoch": "9" * 40, "seq": 1, "symbol": "AAPL", "interval": "1Min"}},
    {"cursor": {"epoch": "1", "seq": -1, "symbol": "AAPL", "interval": "1Min"}},
    {"cursor": {"epoch": "1", "seq": True, "symbol": "AAPL", "interval": "1Min"}},
    {"cursor": {"epoch": "1", "seq": 2**70, "symbol": "AAPL", "interval": "1Min"}},
    {"cursor": {"epoch": 5, "seq": 5, "symbol": 5, "interval": 5}, "n": -3},
]


@pytest.mark.parametrize("posted", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_posted_the_answer_is_a_window(market: Market, reader: MarketReader, posted: Any) -> None:
    assert build_delta(reader, posted, "sim", NO_TRADING, IndicatorDesk())["window"]["symbols"] == list(SYMBOLS)


def test_a_few_ticks_fit_in_a_kilobyte_and_a_half(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    for place in range(8):
        market.trade(101.25 + place / 100, symbol=place % 3)
        market.quote(101.24, 101.27, symbol=place % 3, second=place)
    answer = {"multi": True, "response": {"delta": {"data": after(reader, cursor)}}}
    assert len(json.dumps(answer)) < 1500
