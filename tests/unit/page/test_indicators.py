"""The indicators' part of a delta: against TA-Lib on the whole series of a real cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import talib

from callbacks.ask import Ask, Marks, parse_ask
from callbacks.delta import build_delta
from callbacks.indicators import IndicatorDesk, choose
from domain.bar import BAR
from domain.closed_bar import CLOSED_BAR, INTERVAL_INDEX
from domain.interval import INTERVALS
from domain.session import midnight, trading_day
from domain.tick import Records
from market_cache.reader import MarketReader
from market_cache.writer import NO_TICKS

from .conftest import MINUTE, Market
from .test_delta import NO_TRADING

COUNT = 3000
FIRST = midnight(trading_day(1_800_000_000_000_000_000)) - (COUNT - 300) * MINUTE
"""300 of the minutes are today's."""

KEYS = ["sma:20", "ema:50", "vwap", "bollinger:20:2", "rsi:14", "atr:14", "volume_average:20"]


def walk(count: int, start: int = FIRST, seed: int = 3) -> Records:
    steps = np.random.default_rng(seed).normal(0, 0.1, (count, 4))
    bars = np.zeros(count, BAR)
    bars["start"] = start + MINUTE * np.arange(count)
    bars["close"] = 100 + np.cumsum(steps[:, 0])
    bars["open"] = bars["close"] - steps[:, 3]
    bars["high"] = np.maximum(bars["open"], bars["close"]) + np.abs(steps[:, 1])
    bars["low"] = np.minimum(bars["open"], bars["close"]) - np.abs(steps[:, 2])
    bars["volume"], bars["trade_count"] = 1000 + np.arange(count) % 13 * 10, 10
    bars["notional"] = bars["volume"] * (bars["high"] + bars["low"]) / 2
    return bars


class Walk:
    """A market whose AAPL walked, with a page that follows it."""

    def __init__(self, market: Market, reader: MarketReader) -> None:
        self.market, self.reader, self.desk = market, reader, IndicatorDesk()
        self.bars = walk(COUNT + 1)
        market.writer.write_series("AAPL", "1Min", 0, self.bars[:-1])
        self.form(self.bars[-1])
        self.held: list[str] = []
        self.cursor: Any = None

    def form(self, bar: Any) -> None:
        row = INTERVALS.index("1Min")
        self.market.forming[row, 0], self.market.ordinals[row, 0] = bar, len(self.bars) - 1
        self.market.beat()

    def close(self, bar: Any, ordinal: int) -> None:
        row = np.zeros(1, CLOSED_BAR)
        row["symbol"], row["interval"], row["ordinal"], row["bar"] = 0, INTERVAL_INDEX["1Min"], ordinal, bar
        self.market.writer.publish(NO_TICKS, row, None)

    def ask(self, *keys: str, until: int | None = None) -> dict[str, Any]:
        self.reader.catch_up(force=True)
        view = {"symbol": "AAPL", "interval": "1Min", "indicators": list(keys or KEYS), "until": until}
        posted = {"view": view, "cursor": self.cursor, "n": 1, "marks": {"indicators": self.held}}
        delta = build_delta(self.reader, posted, "sim", NO_TRADING, self.desk)
        self.cursor, self.held = delta["cursor"], list(delta.get("indicators", {}))
        return delta

    def whole(self) -> dict[str, list[Any]]:
        """TA-Lib over all bars, the forming one last."""
        names = "close", "high", "low", "volume"
        close, high, low, volume = (np.ascontiguousarray(self.bars[name]) for name in names)
        today = self.bars[len(self.bars) - 301 :]
        vwap = np.cumsum(today["notional"]) / np.cumsum(today["volume"])
        return {
            "sma:20": [talib.SMA(close, 20)],
            "ema:50": [talib.EMA(close, 50)],
            "bollinger:20:2": list(talib.BBANDS(close, 20, 2.0, 2.0)),
            "rsi:14": [talib.RSI(close, 14)],
            "atr:14": [talib.ATR(high, low, close, 14)],
            "volume_average:20": [talib.SMA(volume, 20)],
            "vwap": [vwap],
        }


@pytest.fixture
def walked(market: Market, reader: MarketReader) -> Walk:
    return Walk(market, reader)


def near(key: str) -> float:
    return {"rsi:14": 0.006, "volume_average:20": 0.06}.get(key, 6e-5)


def test_a_page_gets_whole_lines_that_are_talibs_of_the_whole_series(walked: Walk) -> None:
    found, whole = walked.ask()["indicators"], walked.whole()
    assert found.keys() == set(KEYS)
    for key, (first, *lines) in found.items():
        assert first == COUNT + 1 - 600 and {len(line) for line in lines} == {600}
        for line, expected in zip(lines, whole[key], strict=True):
            many = min(600, len(expected))
            assert line[-many:] == pytest.approx(expected[-many:].tolist(), abs=near(key)), key


def test_from_then_on_only_the_forming_bars_values_come(walked: Walk) -> None:
    walked.ask()
    walked.bars["close"][-1] = walked.bars["high"][-1] = 130.0
    walked.form(walked.bars[-1])
    found, whole = walked.ask()["indicators"], walked.whole()
    for key, (first, *lines) in found.items():
        assert first == COUNT and [len(line) for line in lines] == [1] * len(whole[key])
        assert [line[0] for line in lines] == pytest.approx([each[-1] for each in whole[key]], abs=near(key))


def test_a_bar_that_closes_comes_with_its_value_and_the_next_ones(walked: Walk) -> None:
    walked.ask()
    closed = walked.bars[-1].copy()
    closed["close"] = closed["high"] + 1
    walked.bars[-1] = closed
    walked.close(closed, COUNT)
    walked.bars = np.concatenate([walked.bars, walk(1, FIRST + (COUNT + 1) * MINUTE, seed=5)])
    walked.bars["close"][-1] = closed["close"] + 0.5
    walked.form(walked.bars[-1])
    first, line = walked.ask("sma:20", "ema:50")["indicators"]["ema:50"]
    assert first == COUNT and line == pytest.approx(walked.whole()["ema:50"][0][-2:].tolist(), abs=1e-4)


def test_an_amended_bar_changes_all_values_after_it(walked: Walk) -> None:
    walked.ask()
    walked.bars["close"][COUNT - 30] += 5
    walked.close(walked.bars[COUNT - 30], COUNT - 30)
    first, line = walked.ask()["indicators"]["ema:50"]
    assert first == COUNT - 30 and line == pytest.approx(walked.whole()["ema:50"][0][-31:].tolist(), abs=1e-4)


def test_another_indicator_comes_whole_and_the_others_go_on(walked: Walk) -> None:
    walked.ask("sma:20")
    found = walked.ask("sma:20", "ema:50")["indicators"]
    assert len(found["sma:20"][1]) == 1 and len(found["ema:50"][1]) == 600


def test_first_values_are_absent_rather_than_wrong(market: Market, reader: MarketReader) -> None:
    market.writer.write_series("MSFT", "1Hour", 0, walk(100))
    view = {"symbol": "MSFT", "interval": "1Hour", "indicators": ["sma:20", "rsi:14"]}
    delta = build_delta(reader, {"view": view}, "sim", NO_TRADING, IndicatorDesk())
    first, line = delta["indicators"]["sma:20"]
    assert line[:19] == [None] * 19 and line[19] is not None and first == delta["window"]["bars"][0][0] == 0


def test_bars_of_the_past_come_alone_and_with_their_values(walked: Walk) -> None:
    walked.ask("sma:20", "rsi:14")
    delta = walked.ask("sma:20", "rsi:14", until=1500)
    assert set(delta["window"]) == {"bars"} and delta["window"]["bars"][-1][0] == 1500
    assert delta["cursor"]["until"] == 1500
    first, line = delta["indicators"]["sma:20"]
    whole = walked.whole()["sma:20"][0]
    assert line[1500 - first] == pytest.approx(whole[1500], abs=1e-4)
    again = walked.ask("sma:20", "rsi:14", until=1500)
    assert again["window"] is None and "indicators" not in again and again["cursor"]["until"] == 1500
    assert again["forming"][0] == COUNT
    back = walked.ask("sma:20", "rsi:14")
    assert back["window"]["bars"][-1][0] == COUNT - 1 and "until" not in back["cursor"]


def test_bars_of_today_are_none_of_the_past(walked: Walk) -> None:
    walked.ask("sma:20", until=1500)
    walked.close(walked.bars[COUNT - 5], COUNT - 5)
    assert walked.ask("sma:20", until=1500)["bars"] == []
    walked.close(walked.bars[1400], 1400)
    assert [row[0] for row in walked.ask("sma:20", until=1500)["bars"]] == [1400]


def test_vwap_knows_what_was_traded_before_the_first_bar(walked: Walk) -> None:
    until, midnight_at = 2600, COUNT - 300 - 1440
    first, line = walked.ask("vwap", until=until)["indicators"]["vwap"]
    assert first > midnight_at + 600, "the session began before what is shown"
    day = walked.bars[midnight_at : until + 1]
    assert line[until - first] == pytest.approx(day["notional"].sum() / day["volume"].sum(), abs=6e-5)


@pytest.mark.parametrize("until", [COUNT - 1, COUNT + 50, -5])
def test_a_past_that_does_not_exist_is_now(walked: Walk, until: int) -> None:
    delta = walked.ask("sma:20", until=until)
    assert "until" not in delta["cursor"] and delta["window"]["bars"][-1][0] == COUNT - 1


def test_what_may_not_be_had_is_told_with_its_parameter() -> None:
    chosen = choose(("sma:1", "magic", "rsi:14", "macd", "atr:14", "sma:20"))
    assert list(chosen.indicators) == ["rsi:14", "macd", "sma:20"]
    assert chosen.problems["sma:1"] == ["period", "Period: enter a whole number from 2 to 500."]
    assert chosen.problems["atr:14"][1].startswith("At most 2 panes") and "magic" in chosen.problems["magic"][1]
    assert len(choose(tuple(f"sma:{period}" for period in range(10, 20))).indicators) == 8


@pytest.mark.parametrize("posted", ["sma", 7, {"a": 1}, [None, [], "x" * 99, 3], [["sma:20"]]])
def test_whatever_is_posted_as_indicators_is_left_out(posted: Any) -> None:
    ask = parse_ask({"view": {"indicators": posted, "until": "now"}, "marks": {"indicators": posted}})
    assert isinstance(ask, Ask) and ask.indicators == () and ask.until is None and ask.marks == Marks()
