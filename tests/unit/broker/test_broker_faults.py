"""Faults of the wire and of history that were found once: each with the bytes that showed it."""

from __future__ import annotations

import msgpack
import pytest

from broker.wire import decode
from domain.errors import HistoryError
from tests.unit.broker.test_rest import CLOCK, START, account, bar_row, history
from tests.unit.broker.test_wire import SYMBOLS, decoded, left_out, minute, trade

for _n in [n for n in globals() if n.startswith("test_")]:
    del globals()[_n]


@pytest.mark.parametrize(
    "wrong",
    [
        {"i": 2**64 - 1},
        {"t": msgpack.Timestamp(2**62)},
        {"t": msgpack.Timestamp(2**34)},
        {"t": msgpack.Timestamp(-(2**62))},
    ],
    ids=str,
)
def test_numbers_beyond_64_bits_are_counted_and_not_raised(wrong) -> None:
    batch = decoded(trade(i=1), trade(**wrong))
    assert batch.ticks["id"].tolist() == [1]


def test_a_minute_bar_with_too_many_trades_is_not_raised() -> None:
    assert left_out(decoded(minute(n=2**64 - 1), trade())) == 1


def test_a_frame_of_deep_nesting_is_not_raised() -> None:
    assert left_out(decode([b"\x91" * 100_000], SYMBOLS)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"t": None},
        {"o": float("nan")},
        {"c": -1},
        {"h": 1.0, "l": 2.0},
        {"v": -5},
        {"vw": float("inf")},
        {"h": 388.0},
        {"o": 0},
    ],
    ids=str,
)
def test_a_minute_bar_that_cannot_be_is_counted_and_left_out(wrong) -> None:
    batch = decoded(minute(**wrong), trade())
    assert (len(batch.minutes.bars), left_out(batch)) == (0, 1)


def test_a_trade_whose_conditions_are_nil_is_a_trade() -> None:
    assert len(decoded(trade(c=None)).ticks) == 1


def test_minutes_that_were_not_asked_for_are_counted() -> None:
    assert decoded(minute(S="TSLA")).unasked == 1


@pytest.mark.parametrize("body", [{}, [], None, "x"], ids=str)
def test_an_account_without_an_id_is_tried_again(body) -> None:
    with pytest.raises(HistoryError):
        account(lambda r: (200, body))[0].account_id()


@pytest.mark.parametrize("body", [{}, [], None, CLOCK | {"timestamp": "now"}, CLOCK | {"next_open": None}], ids=str)
def test_a_clock_that_is_none_is_tried_again(body) -> None:
    with pytest.raises(HistoryError):
        account(lambda r: (200, body))[0].clock()


@pytest.mark.parametrize("body", [{}, [{"a": 1}], None], ids=str)
def test_assets_that_are_none_are_tried_again(body) -> None:
    with pytest.raises(HistoryError):
        assert account(lambda r: (200, body))[0].tradable_symbols() == "never"


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"bars": None},
        {"bars": []},
        {"bars": {"AAPL": [{}]}},
        {"bars": {"AAPL": [bar_row(0, t="x")]}},
        {"bars": {"AAPL": [bar_row(0, vw=None)]}},
        {"bars": {"AAPL": {"t": 1}}},
    ],
    ids=str,
)
def test_history_that_is_none_is_tried_again_or_empty(body) -> None:
    try:
        found = history(lambda r: (200, body))[0].bars(("AAPL",), "1Min", START)
    except HistoryError:
        return
    assert not found


def test_what_history_tells_of_symbols_that_were_not_asked_for_is_left_out() -> None:
    """Their places are not known: one such row ended the worker."""
    row = {"t": "2024-03-08T14:30:00Z", "p": 1, "s": 1}
    assert history(lambda r: (200, {"trades": {"TSLA": [row]}}))[0].trades(("AAPL",), START) == {}
    assert history(lambda r: (200, {"bars": {"TSLA": [bar_row(0)]}}))[0].bars(("AAPL",), "1Min", START) == {}


def test_a_bar_of_history_that_cannot_be_is_left_out() -> None:
    rows = [bar_row(0, o=float("nan")), bar_row(1)]
    assert len(history(lambda r: (200, {"bars": {"AAPL": rows}}))[0].bars(("AAPL",), "1Min", START)["AAPL"]) == 1


def test_a_trade_of_history_that_cannot_be_is_left_out() -> None:
    rows = [{"t": "2024-03-08T14:30:00Z", "p": -1, "s": 1}, {"t": "2024-03-08T14:30:00Z", "p": 1, "s": 1}]
    assert len(history(lambda r: (200, {"trades": {"AAPL": rows}}))[0].trades(("AAPL",), START)["AAPL"]) == 1


def test_letters_of_messages_with_two_and_none_do_not_move() -> None:
    batch = decoded(trade(i=1, x="VV"), trade(i=2, x=""))
    assert batch.ticks["exchange"].tolist() == [ord("V"), 0]
