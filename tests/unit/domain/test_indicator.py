"""Indicators: how they are written, and their values against what they are by definition."""

from __future__ import annotations

import numpy as np
import pytest

from domain.indicator import KINDS, IndicatorError, parse_indicator
from domain.indicator_values import COMPUTE, UNKNOWN, Before, Columns, values

MINUTE = 60_000_000_000


def walk(count: int, before: Before = UNKNOWN, per_session: int = 10_000) -> Columns:
    """A random walk of minutes."""
    steps = np.random.default_rng(7).normal(0, 0.1, (count, 3))
    close = 100 + np.cumsum(steps[:, 0])
    volume = 100.0 + np.arange(count) % 7
    places = np.arange(count)
    high, low = close + np.abs(steps[:, 1]), close - np.abs(steps[:, 2])
    return Columns(places * MINUTE, places // per_session, high, low, close, volume, close * volume, before)


@pytest.mark.parametrize(
    ("text", "key"),
    [("sma", "sma:20"), ("sma:50", "sma:50"), ("macd", "macd:12:26:9"), ("bollinger:20:2.5", "bollinger:20:2.5")],
)
def test_an_indicator_is_written_with_all_its_parameters(text: str, key: str) -> None:
    assert parse_indicator(text).key == key and parse_indicator(key).key == key


@pytest.mark.parametrize(
    ("text", "parameter", "words"),
    [
        ("sma:1", "period", "Period: enter a whole number from 2 to 500."),
        ("sma:501", "period", "2 to 500"),
        ("sma:2.5", "period", "a whole number"),
        ("sma:ten", "period", "a whole number"),
        ("sma:nan", "period", "a whole number"),
        ("rsi:٣", "period", "a whole number"),
        ("bollinger:20:0", "width", "a number from 0.1 to 5"),
        ("bollinger:20:nan", "width", "a number"),
        ("bollinger:20:inf", "width", "a number"),
        ("macd:26:12:9", "fast", "smaller number than Slow"),
        ("sma:20:5", "", "SMA has 1 parameters, not 2."),
        ("magic", "", "There is no indicator 'magic'"),
        ("", "", "There is no indicator ''"),
    ],
)
def test_what_is_wrong_names_the_parameter_and_what_to_enter(text: str, parameter: str, words: str) -> None:
    with pytest.raises(IndicatorError) as caught:
        parse_indicator(text)
    assert caught.value.parameter == parameter and words in str(caught.value)


def test_every_kind_can_be_computed_and_has_its_lines() -> None:
    assert KINDS.keys() == COMPUTE.keys()
    for word, kind in KINDS.items():
        lines = values(parse_indicator(word), walk(300))
        assert len(lines) == len(kind.lines) and all(len(line) == 300 for line in lines)
        assert all(len(line) == 1 for line in values(parse_indicator(word), walk(1)))
        assert all(len(line) == 0 for line in values(parse_indicator(word), walk(0)))


def test_averages_are_what_they_say_and_begin_when_they_can() -> None:
    bars = walk(200)
    [sma] = values(parse_indicator("sma:20"), bars)
    assert np.isnan(sma[:19]).all() and sma[19] == pytest.approx(bars.close[:20].mean())
    upper, middle, lower = values(parse_indicator("bollinger:20:2"), bars)
    spread = bars.close[-20:].std()
    assert middle[-1] == pytest.approx(sma[-1]) and upper[-1] - lower[-1] == pytest.approx(4 * spread)
    [average] = values(parse_indicator("volume_average:7"), bars)
    assert average[-1] == pytest.approx(103)


def test_an_exponential_average_follows_its_recursion() -> None:
    bars = walk(200)
    [ema] = values(parse_indicator("ema:10"), bars)
    assert ema[50] == pytest.approx(bars.close[50] * 2 / 11 + ema[49] * 9 / 11)


def test_the_rsi_of_a_rise_is_a_hundred_and_the_atr_is_positive() -> None:
    bars = walk(100)
    rising = np.arange(100.0) + 1
    up = Columns(bars.start, bars.session, rising, rising, rising, bars.volume, bars.notional)
    assert values(parse_indicator("rsi:14"), up)[0][-1] == 100
    assert (values(parse_indicator("atr:14"), bars)[0][14:] > 0).all()


@pytest.mark.parametrize("text", ["sma:200", "ema:20", "ema:200", "rsi:14", "atr:14", "macd", "bollinger:50:2"])
def test_after_its_warm_up_a_value_is_that_of_the_whole_series(text: str) -> None:
    indicator, bars = parse_indicator(text), walk(8000)
    begin = len(bars.close) - indicator.warm_up - 1
    names = "start", "session", "high", "low", "close", "volume", "notional"
    tail = Columns(*(getattr(bars, name)[begin:] for name in names))
    for whole, part in zip(values(indicator, bars), values(indicator, tail), strict=True):
        assert part[-1] == pytest.approx(whole[-1], rel=1e-7, abs=1e-9)


def test_vwap_begins_anew_with_each_session() -> None:
    bars = walk(250, per_session=100)
    [vwap] = values(parse_indicator("vwap"), bars)
    assert np.isnan(vwap[:100]).all(), "what came before the first bar of the first session is not known"
    for place in (100, 150, 199, 200, 249):
        begin = place // 100 * 100
        mine = slice(begin, place + 1)
        assert vwap[place] == pytest.approx(bars.notional[mine].sum() / bars.volume[mine].sum())


def test_vwap_counts_what_was_traded_before_the_first_bar() -> None:
    bars = walk(50, Before(notional=9000.0, volume=100.0, until=10 * MINUTE))
    [vwap] = values(parse_indicator("vwap"), bars)
    assert np.isnan(vwap[:10]).all()
    expected = (9000 + bars.notional[10:31].sum()) / (100 + bars.volume[10:31].sum())
    assert vwap[30] == pytest.approx(expected)


def test_vwap_of_nothing_traded_is_absent() -> None:
    bars = walk(5, Before())
    empty = Columns(bars.start, bars.session, bars.high, bars.low, bars.close, np.zeros(5), np.zeros(5), bars.before)
    assert np.isnan(values(parse_indicator("vwap"), empty)[0]).all()
