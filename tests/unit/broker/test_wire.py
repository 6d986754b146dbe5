"""The wire against frames that another library packed, as Alpaca's servers pack them."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.messages import Failure, Message, Subscription, Success
from broker.tick_columns import letter, pack_conditions
from broker.wire import PART_BYTES, Batch, decode, decode_messages
from domain.tick import QUOTE, Kind, quotes_of, trades_of

SYMBOLS = {"AAPL": 0, "MSFT": 1}
SECOND = 1_700_000_000
AT = msgpack.Timestamp(SECOND, 123_456_789)


def frame(*messages: dict[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(list(messages))
    return packed


def trade(**changes: Any) -> dict[str, Any]:
    return {
        "T": "t", "S": "AAPL", "i": 96921, "x": "D", "p": 126.55, "s": 1, "t": AT, "c": ["@", "I"], "z": "C",
    } | changes  # fmt: skip


def quote(**changes: Any) -> dict[str, Any]:
    return {
        "T": "q", "S": "MSFT", "bx": "U", "bp": 87.66, "bs": 1, "ax": "Q", "ap": 87.68, "as": 4, "t": AT,
        "c": ["R"], "z": "C",
    } | changes  # fmt: skip


def minute(**changes: Any) -> dict[str, Any]:
    return {
        "T": "b", "S": "AAPL", "o": 388.9, "h": 389.0, "l": 388.5, "c": 388.8, "v": 1_200, "n": 31, "vw": 388.75,
        "t": msgpack.Timestamp(SECOND - SECOND % 60),
    } | changes  # fmt: skip


def decoded(*messages: dict[str, Any]) -> Batch:
    return decode([frame(*messages)], SYMBOLS)


def left_out(batch: Batch) -> int:
    """How many messages of a batch were left out."""
    return batch.quarantined.counts.total()


def read(frames: list[bytes]) -> tuple[list[Message], int]:
    """The messages of some frames, and how many of them could not be understood."""
    messages, bad = decode_messages(frames)
    return messages, bad.counts.total()


def test_a_trade_is_read_whole() -> None:
    (row,) = trades_of(decoded(trade()).ticks)
    assert (row["ts_event"], row["price"], row["size"], row["id"]) == (SECOND * 10**9 + 123_456_789, 126.55, 1.0, 96921)
    assert (row["symbol"], row["kind"], row["flags"]) == (0, Kind.TRADE, 0)
    assert (chr(row["exchange"]), chr(row["tape"])) == ("D", "C")
    assert row["conditions"] == ord("@") | ord("I") << 8


def test_a_quote_is_read_whole() -> None:
    (row,) = quotes_of(decoded(quote()).ticks)
    assert (row["ts_event"], row["symbol"], row["kind"]) == (SECOND * 10**9 + 123_456_789, 1, Kind.QUOTE)
    assert (row["bid_price"], row["ask_price"], row["bid_size"], row["ask_size"]) == (87.66, 87.68, 1.0, 4.0)
    assert (chr(row["exchange"]), chr(row["other_exchange"]), chr(row["tape"])) == ("U", "Q", "C")


def test_a_minute_bar_is_read_whole() -> None:
    batch = decoded(minute())
    (row,) = batch.minutes.bars
    assert (row["open"], row["high"], row["low"], row["close"]) == (388.9, 389.0, 388.5, 388.8)
    assert (row["volume"], row["trade_count"], row["notional"]) == (1_200.0, 31, 388.75 * 1_200)
    assert (row["start"], batch.minutes.symbols) == ((SECOND - SECOND % 60) * 10**9, [0])


def test_messages_of_all_kinds_in_one_frame_keep_their_order() -> None:
    batch = decoded(quote(), trade(p=1.0), minute(), trade(S="MSFT", p=2.0), quote(S="AAPL"))
    assert batch.ticks["kind"].tolist() == [Kind.QUOTE, Kind.TRADE, Kind.TRADE, Kind.QUOTE]
    assert batch.ticks["symbol"].tolist() == [1, 0, 1, 0]
    assert trades_of(batch.ticks)["price"].tolist() == [1.0, 2.0]
    assert len(batch.minutes.bars) == 1 and left_out(batch) == 0


def test_frames_are_read_as_if_they_were_one() -> None:
    batch = decode([frame(trade(i=1)), frame(), frame(trade(i=2), trade(i=3))], SYMBOLS)
    assert batch.ticks["id"].tolist() == [1, 2, 3]


def test_frames_of_several_parts_are_one_batch_in_order() -> None:
    a_part = PART_BYTES // len(frame(trade())) + 1
    frames = [frame(trade(i=number), *([minute()] if number % 1_000 == 0 else [])) for number in range(3 * a_part)]
    batch = decode([*frames, b"\xc1", frame(trade(S="TSLA"))], SYMBOLS)
    assert batch.ticks["id"].tolist() == list(range(3 * a_part))
    assert (len(batch.minutes.bars), left_out(batch), batch.unasked) == (-(-3 * a_part // 1_000), 1, 1)


def test_no_frames_are_an_empty_batch() -> None:
    batch = decode([], SYMBOLS)
    assert (len(batch.ticks), len(batch.minutes.bars), batch.minutes.symbols, left_out(batch)) == (0, 0, [], 0)


@pytest.mark.parametrize(
    ("stamp", "width"),
    [
        (msgpack.Timestamp(SECOND), 6),
        (msgpack.Timestamp(SECOND, 1), 10),
        (msgpack.Timestamp(SECOND, 999_999_999), 10),
        (msgpack.Timestamp(2**34 + 5, 7), 15),
    ],
)
def test_a_time_of_any_width_is_exact_to_the_nanosecond(stamp: Any, width: int) -> None:
    assert len(msgpack.packb(stamp)) == width
    expected = stamp.seconds * 10**9 + stamp.nanoseconds
    if expected < 2**63:
        assert decoded(trade(t=stamp)).ticks["ts_event"].tolist() == [expected]


@given(st.lists(st.tuples(st.integers(0, 2**33), st.integers(0, 999_999_999)), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_times_of_mixed_widths_are_exact(times: list[tuple[int, int]]) -> None:
    batch = decoded(*(trade(i=place, t=msgpack.Timestamp(*at)) for place, at in enumerate(times)))
    expected = [seconds * 10**9 + nanoseconds for seconds, nanoseconds in times]
    assert batch.ticks["ts_event"].tolist() == [at for at in expected if at]


@pytest.mark.parametrize(
    "wrong",
    [
        {"p": float("nan")},
        {"p": float("inf")},
        {"p": 0},
        {"p": -1.5},
        {"p": "126.55"},
        {"p": None},
        {"s": 0},
        {"s": -100},
        {"s": float("nan")},
        {"t": None},
        {"t": "2024-01-01T00:00:00Z"},
        {"t": 1_700_000_000},
        {"t": msgpack.Timestamp(0)},
        {"t": msgpack.Timestamp(-5)},
        {"S": 5},
        {"i": "x"},
        {"i": 1.5},
        {"c": [1]},
        {"T": "zzz"},
        {"T": 7},
    ],
    ids=str,
)
def test_a_trade_that_cannot_be_is_counted_and_the_rest_of_the_frame_is_kept(wrong: dict[str, Any]) -> None:
    batch = decoded(trade(i=1), trade(**wrong), trade(i=2), minute())
    assert batch.ticks["id"].tolist() == [1, 2]
    assert (left_out(batch), len(batch.minutes.bars)) == (1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bp": 87.7, "ap": 87.6},
        {"bp": -1},
        {"ap": -1},
        {"bp": float("nan")},
        {"ap": float("inf")},
        {"bs": float("nan")},
        {"as": float("nan")},
        {"bp": None},
        {"t": None},
    ],
    ids=str,
)
def test_a_quote_that_cannot_be_is_counted_and_left_out(wrong: dict[str, Any]) -> None:
    batch = decoded(quote(**wrong), quote())
    assert (len(batch.ticks), left_out(batch)) == (1, 1)


@pytest.mark.parametrize("sides", [{"bp": 0, "bs": 0}, {"ap": 0, "as": 0}, {"bp": 0, "ap": 0}, {"bp": 87.68}], ids=str)
def test_a_quote_may_have_one_side_or_none_or_be_locked(sides: dict[str, Any]) -> None:
    batch = decoded(quote(**sides))
    assert (len(batch.ticks), left_out(batch)) == (1, 0)


@pytest.mark.parametrize("missing", ["S", "p", "s", "t", "T"])
def test_a_trade_without_a_field_that_it_needs_is_counted(missing: str) -> None:
    message = trade()
    del message[missing]
    batch = decoded(message, trade())
    assert (len(batch.ticks), left_out(batch)) == (1, 1)


@pytest.mark.parametrize("missing", ["i", "x", "z", "c"])
def test_a_trade_may_lack_what_it_does_not_need(missing: str) -> None:
    message = trade()
    del message[missing]
    assert len(decoded(message).ticks) == 1


def test_keys_that_nobody_knows_are_passed_over() -> None:
    assert len(decoded(trade(new={"a": [1, 2]}), quote(u="x")).ticks) == 2


def test_a_type_that_nobody_knows_is_counted_and_the_others_of_the_frame_are_kept() -> None:
    batch = decoded(trade(i=1), {"T": "brandnew", "S": "AAPL"}, trade(i=2))
    assert (batch.ticks["id"].tolist(), left_out(batch)) == ([1, 2], 1)


def test_a_type_that_nobody_uses_is_neither_data_nor_counted() -> None:
    batch = decoded({"T": "i", "S": "AAPL", "t": AT}, trade())
    assert (len(batch.ticks), left_out(batch), batch.unasked) == (1, 0, 0)


def test_symbols_that_were_not_asked_for_are_left_out_and_counted_apart() -> None:
    batch = decoded(trade(S="TSLA"), quote(S="TSLA"), trade(), minute(S="TSLA"))
    assert (len(batch.ticks), len(batch.minutes.bars), left_out(batch)) == (1, 0, 0)
    assert batch.unasked == 3


def test_error_frames_come_out_with_code_and_text() -> None:
    batch = decoded({"T": "error", "code": 406, "msg": "connection limit exceeded"}, trade())
    assert batch.failures == [Failure(406, "connection limit exceeded")] and len(batch.ticks) == 1


def test_control_messages_are_read() -> None:
    messages, bad = read(
        [
            frame({"T": "success", "msg": "connected"}),
            frame({"T": "subscription", "trades": ["AAPL"], "quotes": ["AAPL"], "bars": [], "lulds": []}),
        ]
    )
    assert messages == [Success("connected"), Subscription(["AAPL"], ["AAPL"], [])] and bad == 0


@pytest.mark.parametrize(
    "garbage", [b"", b"\xc1", b"hello", b"\x93\x01", msgpack.packb({"T": "t"}), msgpack.packb(None)]
)
def test_a_frame_that_is_none_is_one_bad_message(garbage: bytes) -> None:
    assert read([garbage]) == ([], 1)


def test_a_frame_that_was_cut_off_is_counted_and_the_next_is_read() -> None:
    batch = decode([frame(trade(i=1), trade(i=2))[:-3], frame(trade(i=3))], SYMBOLS)
    assert batch.ticks["id"].tolist() == [3] and left_out(batch) == 1


small = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=5))
values = st.recursive(small, lambda inner: st.lists(inner, max_size=3), max_leaves=4)
oddities = st.dictionaries(
    st.sampled_from(["S", "p", "s", "t", "x", "z", "c", "bp", "ap", "as", "T"]), values, max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([trade, quote]), oddities), max_size=5))
def test_whatever_the_fields_hold_nothing_is_raised_and_every_message_is_accounted_for(made: list[Any]) -> None:
    batch = decoded(*(make(**odd) for make, odd in made))
    data = len(batch.ticks) + left_out(batch) + batch.unasked + len(batch.minutes.bars) + len(batch.failures)
    assert data <= len(made)
    assert np.isfinite(batch.ticks.view(QUOTE)["bid_price"]).all() and (batch.ticks["ts_event"] > 0).all()


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=120), st.tuples(st.integers(0, 300), st.integers(1, 255))))
def test_bytes_of_any_kind_never_raise(how: bytes | tuple[int, int]) -> None:
    good = bytearray(frame(trade(i=1), quote(), trade(i=2)))
    if isinstance(how, tuple):
        good[how[0] % len(good)] ^= how[1]
    batch = decode([bytes(good) if isinstance(how, tuple) else how, frame(trade(i=3))], SYMBOLS)
    assert 3 in batch.ticks["id"]


@pytest.mark.parametrize(
    ("codes", "packed"),
    [
        ([], 0),
        (["@"], 0x40),
        (["@", "I"], 0x4940),
        (["A", "B", "C", "D"], 0x44434241),
        (["A", "B", "C", "D", "E"], 0x44434241),
        (["", "B"], 0x4200),
        ([" ", "T"], 0x5420),
    ],
)
def test_conditions_are_packed_the_first_in_the_lowest_byte(codes: list[str], packed: int) -> None:
    assert pack_conditions(codes) == packed


def test_a_letter_is_one_byte_whatever_it_is() -> None:
    assert [letter(code) for code in ("", "V", "é", "€", "VV")] == [0, 0x56, 0xE9, 0xAC, 0x56]


def test_a_frame_with_one_odd_message_costs_no_other_its_time() -> None:
    """Times are read all at once if they have one width; a second width takes the slow way for the batch."""
    batch = decoded(trade(i=1), trade(i=2, t=msgpack.Timestamp(SECOND)), trade(i=3))
    assert (batch.ticks["ts_event"] - SECOND * 10**9).tolist() == [123_456_789, 0, 123_456_789]


def test_the_64_bit_time_is_what_alpaca_sends() -> None:
    assert msgpack.packb(AT) == b"\xd7\xff" + struct.pack(">Q", 123_456_789 << 34 | SECOND)
