"""Each type of message as Alpaca documents it, packed by another library and as JSON text: both are read alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgpack
import pytest

from broker.messages import Failure
from broker.wire import Batch, decode
from broker.wire_time import time
from domain.news import NewsItem
from domain.tick import Flag, Kind, quotes_of, trades_of

OPTION = "AAPL261218C00200000"
SYMBOLS = {"AAPL": 0, "MSFT": 1, "BTC/USD": 2, OPTION: 3}
SECOND = 1_700_000_000
NANOSECOND = 123_456_789
AT = SECOND * 10**9 + NANOSECOND
TEXT = "2023-11-14T22:13:20.123456789Z"
MIDNIGHT, MIDNIGHT_TEXT = 1_699_938_000, "2023-11-14T05:00:00Z"

TRADE = {"T": "t", "S": "AAPL", "i": 96921, "x": "D", "p": 126.55, "s": 1, "t": AT, "c": ["@", "I"], "z": "C"}
QUOTE = {
    "T": "q",
    "S": "AAPL",
    "bx": "U",
    "bp": 87.66,
    "bs": 1,
    "ax": "Q",
    "ap": 87.68,
    "as": 4,
    "t": AT,
    "c": ["R"],
    "z": "C",
}
BAR = {
    "T": "b",
    "S": "AAPL",
    "o": 388.9,
    "h": 389.0,
    "l": 388.5,
    "c": 388.8,
    "v": 1_200,
    "n": 31,
    "vw": 388.75,
    "t": SECOND * 10**9,
}
COIN = {"T": "t", "S": "BTC/USD", "p": 40_000.5, "s": 0.000123456, "t": AT, "i": 17, "tks": "B"}
COIN_QUOTE = {"T": "q", "S": "BTC/USD", "bp": 39_999.5, "bs": 0.731819, "ap": 40_001.0, "as": 1.5, "t": AT}
BOOK = {"T": "o", "S": "BTC/USD", "t": AT, "b": [{"p": 39_999.5, "s": 0.25}], "a": [{"p": 40_001.0, "s": 0}], "r": True}
CONTRACT = {"T": "t", "S": OPTION, "t": AT, "p": 5.1, "s": 2, "x": "N", "c": "S"}
CONTRACT_QUOTE = {
    "T": "q",
    "S": OPTION,
    "t": AT,
    "bx": "A",
    "bp": 5.0,
    "bs": 10,
    "ax": "B",
    "ap": 5.2,
    "as": 7,
    "c": "R",
}
CORRECTION = {
    "T": "c", "S": "AAPL", "x": "V", "oi": 5, "op": 10.0, "os": 100, "oc": ["@"], "ci": 6, "cp": 10.5, "cs": 90, "cc": ["@", "F"],
    "t": AT, "z": "A",
}  # fmt: skip
CANCEL = {"T": "x", "S": "MSFT", "i": 5, "x": "V", "p": 10.0, "s": 100, "a": "C", "t": AT, "z": "C"}
STATUS = {
    "T": "s",
    "S": "AAPL",
    "sc": "H",
    "sm": "Trading Halt",
    "rc": "T12",
    "rm": "For information",
    "t": AT,
    "z": "C",
}
LULD = {"T": "l", "S": "AAPL", "u": 180.5, "d": 160.25, "i": "B", "t": AT, "z": "C"}
NEWS = {
    "T": "n", "id": 24918784, "headline": "Corsair <b>Reports</b>", "summary": "Sum", "author": "Ann", "source": "benzinga",
    "content": "<p>x</p>", "url": None, "symbols": ["CRSR", "AAPL"], "created_at": AT, "updated_at": AT,
}  # fmt: skip

TIMES = "t", "created_at", "updated_at"


def packed(*messages: dict[str, Any]) -> bytes:
    """As Alpaca's servers pack them: the type first, times as extension -1."""
    timed = [
        {key: msgpack.Timestamp(*divmod(value, 10**9)) if key in TIMES else value for key, value in message.items()}
        for message in messages
    ]
    frame: bytes = msgpack.packb(timed)
    return frame


def text(*messages: dict[str, Any]) -> bytes:
    """As Alpaca's servers write them for who asks for no packing."""
    texts = {AT: TEXT, SECOND * 10**9: "2023-11-14T22:13:20Z", MIDNIGHT * 10**9: MIDNIGHT_TEXT}
    timed = [{key: texts[value] if key in TIMES else value for key, value in message.items()} for message in messages]
    return json.dumps(timed).encode()


@pytest.fixture(params=[packed, text], ids=["MessagePack", "JSON"])
def read(request: pytest.FixtureRequest) -> Callable[..., Batch]:
    """What the wire makes of one frame; nothing of it may be left out."""

    def whole(*messages: dict[str, Any]) -> Batch:
        batch = decode([request.param(*messages)], SYMBOLS)
        assert (batch.quarantined.counts, batch.unasked) == ({}, 0)
        return batch

    return whole


Read = Callable[..., Batch]


def test_a_trade_of_a_stock(read: Read) -> None:
    (row,) = trades_of(read(TRADE).ticks)
    assert (row["ts_event"], row["price"], row["size"], row["id"]) == (AT, 126.55, 1.0, 96921)
    assert (row["symbol"], row["kind"], row["flags"]) == (0, Kind.TRADE, 0)
    assert (chr(row["exchange"]), chr(row["tape"]), row["conditions"]) == ("D", "C", ord("@") | ord("I") << 8)


def test_a_quote_of_a_stock(read: Read) -> None:
    (row,) = quotes_of(read(QUOTE).ticks)
    assert (row["ts_event"], row["symbol"], row["kind"]) == (AT, 0, Kind.QUOTE)
    assert (row["bid_price"], row["ask_price"], row["bid_size"], row["ask_size"]) == (87.66, 87.68, 1.0, 4.0)
    assert (chr(row["exchange"]), chr(row["other_exchange"]), chr(row["tape"])) == ("U", "Q", "C")


@pytest.mark.parametrize(("side", "flag"), [("B", Flag.AT_ASK), ("S", Flag.AT_BID), ("", 0), ("X", 0)])
def test_a_trade_of_a_coin_has_a_fraction_and_its_takers_side(read: Read, side: str, flag: int) -> None:
    (row,) = trades_of(read(COIN | {"tks": side}).ticks)
    assert (row["ts_event"], row["price"], row["size"], row["id"]) == (AT, 40_000.5, 0.000123456, 17)
    assert (row["symbol"], row["flags"], row["exchange"], row["conditions"]) == (2, flag, 0, 0)


def test_sides_of_takers_do_not_move_to_other_trades(read: Read) -> None:
    batch = read(TRADE, COIN_QUOTE, COIN, QUOTE, COIN | {"tks": "S"}, TRADE)
    assert batch.ticks["flags"].tolist() == [0, 0, Flag.AT_ASK, 0, Flag.AT_BID, 0]


def test_a_quote_of_a_coin_has_fractions_and_no_exchange(read: Read) -> None:
    (row,) = quotes_of(read(COIN_QUOTE).ticks)
    assert (row["bid_price"], row["bid_size"], row["ask_price"], row["ask_size"]) == (39_999.5, 0.731819, 40_001.0, 1.5)
    assert (row["symbol"], row["exchange"], row["other_exchange"], row["tape"]) == (2, 0, 0, 0)


def test_a_trade_of_an_option_has_one_condition_as_text_and_no_id(read: Read) -> None:
    (row,) = trades_of(read(CONTRACT).ticks)
    assert (row["ts_event"], row["price"], row["size"], row["symbol"], row["id"]) == (AT, 5.1, 2.0, 3, 0)
    assert (chr(row["exchange"]), row["conditions"]) == ("N", ord("S"))


def test_a_quote_of_an_option(read: Read) -> None:
    (row,) = quotes_of(read(CONTRACT_QUOTE).ticks)
    assert (row["bid_price"], row["ask_price"], row["bid_size"], row["ask_size"], row["symbol"]) == (5.0, 5.2, 10, 7, 3)


@pytest.mark.parametrize("kind", ["b", "u"])
def test_a_minute_and_the_same_minute_anew(read: Read, kind: str) -> None:
    batch = read(BAR | {"T": kind})
    (row,) = batch.minutes.bars
    assert (row["open"], row["high"], row["low"], row["close"]) == (388.9, 389.0, 388.5, 388.8)
    assert (row["volume"], row["trade_count"], row["notional"]) == (1_200.0, 31, 388.75 * 1_200)
    assert (row["start"], batch.minutes.symbols, len(batch.days.bars)) == (SECOND * 10**9, [0], 0)


def test_the_day_so_far_is_no_minute(read: Read) -> None:
    batch = read(BAR | {"T": "d", "t": MIDNIGHT * 10**9})
    assert (batch.days.symbols, batch.days.bars["start"].tolist(), len(batch.minutes.bars)) == (
        [0],
        [MIDNIGHT * 10**9],
        0,
    )


def test_minutes_of_several_symbols_keep_their_order(read: Read) -> None:
    batch = read(BAR, BAR | {"T": "u", "S": "MSFT", "v": 7}, BAR | {"S": "BTC/USD", "v": 0.5})
    assert batch.minutes.symbols == [0, 1, 2] and batch.minutes.bars["volume"].tolist() == [1_200.0, 7.0, 0.5]


def test_a_correction_tells_what_was_and_what_is(read: Read) -> None:
    ((was, now),) = read(CORRECTION).corrections
    assert (was["id"], was["price"], was["size"], was["conditions"]) == (5, 10.0, 100, ord("@"))
    assert (now["id"], now["price"], now["size"], now["conditions"]) == (6, 10.5, 90, ord("@") | ord("F") << 8)
    for trade in was, now:
        assert (trade["ts_event"], trade["symbol"], trade["kind"]) == (AT, 0, Kind.TRADE)
        assert (chr(trade["exchange"]), chr(trade["tape"])) == ("V", "A")


def test_a_cancel_tells_what_was(read: Read) -> None:
    ((was, now),) = read(CANCEL).corrections
    assert now is None
    assert (was["id"], was["price"], was["size"], was["symbol"], was["ts_event"]) == (5, 10.0, 100, 1, AT)


def test_a_halt(read: Read) -> None:
    (status,) = read(STATUS).statuses
    assert (status.S, status.sc, status.sm, status.rc, status.rm) == (
        "AAPL",
        "H",
        "Trading Halt",
        "T12",
        "For information",
    )
    assert time(status.t) == AT


def test_a_band_of_prices(read: Read) -> None:
    (luld,) = read(LULD).lulds
    assert (luld.S, luld.u, luld.d, luld.i, time(luld.t)) == ("AAPL", 180.5, 160.25, "B", AT)


def test_an_order_book(read: Read) -> None:
    (book,) = read(BOOK).books
    assert (book.S, book.r, time(book.t)) == ("BTC/USD", True, AT)
    assert [(level.p, level.s) for level in (*book.b, *book.a)] == [(39_999.5, 0.25), (40_001.0, 0.0)]


def test_a_change_of_a_book_is_not_the_whole(read: Read) -> None:
    (book,) = read({"T": "o", "S": "BTC/USD", "t": AT, "b": [], "a": []}).books
    assert not book.r and not book.b and not book.a


def test_an_article(read: Read) -> None:
    assert read(NEWS).news == [
        NewsItem(24918784, "Corsair <b>Reports</b>", "Sum", "Ann", "benzinga", "", ("CRSR", "AAPL"), AT, AT)
    ]


def test_an_error_and_an_acknowledgement(read: Read) -> None:
    batch = read(
        {"T": "error", "code": 405, "msg": "symbol limit exceeded"},
        {"T": "subscription", "trades": ["AAPL"], "quotes": [], "lulds": [], "corrections": ["AAPL"]},
    )
    assert batch.failures == [Failure(405, "symbol limit exceeded")]
    (answer,) = batch.subscriptions
    assert (answer.trades, answer.quotes, answer.bars, answer.news) == (["AAPL"], [], None, None)


def test_everything_in_one_frame(read: Read) -> None:
    batch = read(
        QUOTE, STATUS, TRADE, LULD, BAR, CORRECTION, NEWS, BOOK, COIN, CANCEL, {"T": "i", "S": "AAPL", "t": AT}
    )
    assert batch.ticks["kind"].tolist() == [Kind.QUOTE, Kind.TRADE, Kind.TRADE]
    counts = [len(found) for found in (batch.statuses, batch.lulds, batch.corrections, batch.news, batch.books)]
    assert counts == [1, 1, 2, 1, 1] and len(batch.minutes.bars) == 1


@pytest.mark.parametrize(
    "one", [TRADE, QUOTE, BAR, CORRECTION, STATUS, LULD, BOOK, NEWS], ids=lambda one: str(one["T"])
)
def test_data_of_any_type_shows_that_the_stream_works(read: Read, one: dict[str, Any]) -> None:
    assert read(one).has_data


def test_an_answer_or_an_error_is_no_data(read: Read) -> None:
    assert not read({"T": "success", "msg": "authenticated"}, {"T": "error", "code": 406, "msg": "x"}).has_data


@pytest.mark.parametrize(
    "one", [CORRECTION, CANCEL, STATUS, LULD, BOOK, BAR | {"T": "d"}], ids=lambda one: str(one["T"])
)
def test_what_is_of_another_symbol_is_counted_and_left_out(one: dict[str, Any]) -> None:
    batch = decode([packed(one | {"S": "TSLA"})], SYMBOLS)
    assert (batch.unasked, batch.has_data, batch.corrections, len(batch.days.bars)) == (1, False, [], 0)


def test_frames_of_both_kinds_may_follow_each_other() -> None:
    batch = decode([packed(TRADE | {"i": 1}), text(TRADE | {"i": 2}), packed(TRADE | {"i": 3})], SYMBOLS)
    assert batch.ticks["id"].tolist() == [1, 2, 3] and batch.ticks["ts_event"].tolist() == [AT] * 3
