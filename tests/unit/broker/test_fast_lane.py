"""The fast lane against the default lane: the same batch out of the same bytes, whatever they are."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_lanes import differences, fuzz
from broker import wire
from broker.fast_lane import ODD_MESSAGES, FastLane
from broker.wire import Batch
from tests.desk import wait_until

pytest.importorskip("numba", reason="requirements-fast.txt is not installed")

SYMBOLS = {"AAPL": 7, "MSFT": 1, "BTC/USD": 300, "AAPL261218C00200000": 70_000, "ÄÖ": 4, "": 5}
AT = msgpack.Timestamp(1_700_000_000, 123_456_789)
TRADE = {"T": "t", "S": "AAPL", "i": 96921, "x": "D", "p": 126.55, "s": 1, "t": AT, "c": ["@", "I"], "z": "C"}
QUOTE = {
    "T": "q",
    "S": "MSFT",
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
    "t": AT,
}


@pytest.fixture(scope="module")
def lane() -> FastLane:
    lane = FastLane()
    assert lane.get_ready()
    return lane


def packed(*messages: Any) -> bytes:
    whole: bytes = msgpack.packb(list(messages))
    return whole


def check(lane: FastLane, *frames: bytes, symbols: dict[str, int] = SYMBOLS) -> Batch:
    """Both lanes agree on these frames; their batch."""
    fast = lane.decode(list(frames), symbols)
    assert not differences(lane, list(frames), symbols), frames
    return fast


def left_over(lane: FastLane, monkeypatch: pytest.MonkeyPatch, *frames: bytes) -> int:
    """How many messages or frames the default lane was asked for."""
    asked: list[bytes] = []
    decode = wire.decode
    monkeypatch.setattr(wire, "decode", lambda frames, symbols: asked.extend(frames) or decode(frames, symbols))
    lane.decode(list(frames), SYMBOLS)
    return len(asked)


def test_trades_and_quotes_are_read_without_the_default_lane(lane: FastLane, monkeypatch: pytest.MonkeyPatch) -> None:
    coin = {"T": "t", "S": "BTC/USD", "p": 47299.5, "s": 29.2, "t": AT, "i": 3447222699101865076, "tks": "S"}
    option = {"T": "t", "S": "AAPL261218C00200000", "t": AT, "p": 2.84, "s": 1, "x": "N", "c": "S"}
    frames = packed(TRADE, QUOTE), packed(coin, option, TRADE | {"S": "TSLA"}), packed()
    batch = check(lane, *frames)
    assert (len(batch.ticks), batch.unasked) == (4, 1)
    assert left_over(lane, monkeypatch, *frames) == 0


@pytest.mark.parametrize(
    "value",
    [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -1, -32, -33,
     -128, -129, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -(2**63), 0.0, -0.0, 1.5, 5e-324, 1e308, float("nan"),
     float("inf"), float("-inf"), True, None, "1", [], {}, b"1", AT],
    ids=str,
)  # fmt: skip
def test_a_number_of_any_form_is_the_same_number(lane: FastLane, value: Any) -> None:
    for key in ("p", "s", "i"):
        check(lane, packed(TRADE, TRADE | {key: value}, TRADE))
    for key in ("bp", "bs", "ap", "as"):
        check(lane, packed(QUOTE, QUOTE | {key: value}, QUOTE))
    for key in ("S", "t", "x", "z", "c", "tks", "T", "new"):
        check(lane, packed(TRADE, TRADE | {key: value}, QUOTE))


@pytest.mark.parametrize(
    "single", [b"\xca\x42\xfd\x1c\x28", b"\xca\x7f\x80\x00\x00", b"\xca\x7f\xc0\x00\x00", b"\xca\x00\x00\x00\x01"]
)
def test_a_number_of_32_bits_is_the_same_number(lane: FastLane, single: bytes) -> None:
    whole = msgpack.packb([TRADE])
    check(lane, whole.replace(msgpack.packb(126.55), single))


@pytest.mark.parametrize(
    "stamp",
    [msgpack.Timestamp(1), msgpack.Timestamp(0), msgpack.Timestamp(0, 1), msgpack.Timestamp(2**32 - 1), msgpack.Timestamp(2**32),
     msgpack.Timestamp(9_000_000_000), msgpack.Timestamp(9_223_372_036, 854_775_807), msgpack.Timestamp(2**34 - 1, 999_999_999),
     msgpack.Timestamp(2**34), msgpack.Timestamp(-1), msgpack.Timestamp(-5, 7), msgpack.Timestamp(-(2**63)),
     msgpack.ExtType(5, b"\0" * 8),
     "2026-11-20T15:51:44.208Z", "2026-11-20T15:51:44.123456789Z"],
    ids=str,
)  # fmt: skip
def test_a_time_of_any_form_is_the_same_time(lane: FastLane, stamp: Any) -> None:
    check(lane, packed(TRADE, TRADE | {"t": stamp}, QUOTE | {"t": stamp}, QUOTE))


@pytest.mark.parametrize(
    "stamp",
    [b"\xd7\xff" + b"\xff" * 8, b"\xc7\x0c\xff" + b"\xff" * 12, b"\xc7\x0c\xff" + b"\xff" * 4 + b"\0" * 7 + b"\1",
     b"\xc7\x04\xff\0\0\0\1", b"\xc7\x08\xff\0\0\0\1\0\0\0\1", b"\xd4\xff\0", b"\xd6\xff\xff\xff\xff\xff", b"\xd7\x05" + b"\0" * 8],
    ids=bytes.hex,
)  # fmt: skip
def test_a_time_that_no_sender_should_make(lane: FastLane, stamp: bytes) -> None:
    check(lane, packed(TRADE, QUOTE).replace(msgpack.packb(AT), stamp), packed(TRADE))


@pytest.mark.parametrize("text", ["", "V", "VV", "é", "€", "V" * 31, "V" * 32, "V" * 300, "V" * 70_000, "\0", "V\0"])
def test_a_text_of_any_length_is_the_same_text(lane: FastLane, text: str) -> None:
    for key in ("x", "z", "c", "tks", "S", "T", "new", text):
        check(lane, packed(TRADE | {key: text}, QUOTE | {key: text}))
    check(lane, packed(TRADE | {"c": [text, "@", text, text, "I"]}), symbols={text: 3})
    check(lane, packed(TRADE | {"S": text}, QUOTE | {"S": text + "x"}), symbols={text: 3})


@pytest.mark.parametrize(
    "codes", [[], ["A"] * 4, ["A"] * 5, ["A"] * 16, ["A"] * 70_000, ["", "B"], [1], [None], [["A"]], "AB", "ABCDE"]
)
def test_conditions_of_any_number_are_packed_alike(lane: FastLane, codes: Any) -> None:
    check(lane, packed(TRADE | {"c": codes}, QUOTE | {"c": codes}))


@pytest.mark.parametrize("tick", [TRADE, QUOTE], ids=["trade", "quote"])
def test_keys_may_stand_in_any_order_and_may_lack_or_be_unknown(lane: FastLane, tick: dict[str, Any]) -> None:
    dice = random.Random(5)
    for _ in range(100):
        keys = dice.sample(sorted(tick), dice.randint(len(tick) - 2, len(tick)))
        message = {key: tick[key] for key in keys} | dice.choice(
            [{}, {"new": {"a": [1, 2]}}, {"pp": 1}, {"\0p": 1}, {"tk": "B"}]
        )
        check(lane, packed(message))


@pytest.mark.parametrize(
    "again",
    [
        b"\xa1p\x01",
        b"\xa1T\xa1t",
        b"\xa1T\xa1q",
        b"\xa1S\xa4MSFT",
        b"\xa3new\x01\xa3new\x02",
        b"\x05\x01",
        b"\xc4\x01p\x01",
    ],
)
def test_a_key_that_comes_twice_or_is_no_text(lane: FastLane, again: bytes) -> None:
    body = msgpack.packb(TRADE)[1:]
    more = 2 if again.count(b"new") == 2 else 1
    for message in (body + again, again + body):
        check(lane, b"\x92" + bytes([0x80 + len(TRADE) + more]) + message + msgpack.packb(QUOTE))


@pytest.mark.parametrize(
    "head",
    [b"\x81", b"\xde\x00\x09", b"\xdf\x00\x00\x00\x09", b"\xdf\xff\xff\xff\xff", b"\xde\xff\xff", b"\x80", b"\xc1"],
)
def test_a_map_of_any_form_or_lie(lane: FastLane, head: bytes) -> None:
    body = msgpack.packb(TRADE)[1:]
    for list_head in (
        b"\x91",
        b"\xdc\x00\x01",
        b"\xdd\x00\x00\x00\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xdc\xff\xff",
        b"\x90",
    ):
        check(lane, packed(QUOTE), list_head + head + body, packed(TRADE))


def test_other_messages_keep_their_place_and_their_meaning(lane: FastLane) -> None:
    odd = TRADE | {"x": "é", "i": 3}
    error = {"T": "error", "code": 406, "msg": "connection limit exceeded"}
    text = json.dumps([TRADE | {"t": "2026-11-20T15:51:44.208Z", "i": 5}]).encode()
    batch = check(
        lane, packed(TRADE | {"i": 1}, BAR, QUOTE, odd, error), packed(odd, TRADE | {"i": 4}), text, packed(QUOTE)
    )
    assert batch.ticks["id"].tolist() == [1, 0, 3, 3, 4, 5, 0] and len(batch.failures) == len(batch.minutes.bars) == 1


def test_what_cannot_be_has_the_same_cause(lane: FastLane) -> None:
    wrong = TRADE | {"p": -1}, QUOTE | {"bp": 90}, {"T": "zzz"}, 7, TRADE | {"S": 5}, TRADE | {"S": "TSLA", "p": -1}
    batch = check(lane, packed(TRADE, *wrong, QUOTE), b"\xc1", b"", packed(TRADE)[:-1])
    assert len(batch.ticks) == 2 and len(batch.quarantined.counts) == 4 and batch.unasked == 1


def test_more_odd_messages_than_there_is_room_for(lane: FastLane) -> None:
    frame = packed(*[TRADE, BAR] * ODD_MESSAGES)
    batch = check(lane, frame, frame, packed(TRADE))
    assert len(batch.ticks) == len(batch.minutes.bars) + 1 == 2 * ODD_MESSAGES + 1


@pytest.mark.parametrize("depth", [1, 15, 150, 250, 900, 5_000])
def test_lists_in_lists_have_the_limit_of_the_default_lane(lane: FastLane, depth: int) -> None:
    deep = b"\xa3new" + b"\x91" * depth + b"\xc0"
    check(lane, b"\x92" + b"\x8a" + msgpack.packb(TRADE)[1:] + deep + msgpack.packb(QUOTE), packed(QUOTE))


@pytest.mark.parametrize(
    "message", [TRADE, QUOTE, TRADE | {"t": msgpack.Timestamp(2**34), "c": "S" * 40}, BAR], ids=lambda m: m["T"]
)
def test_a_frame_that_is_cut_anywhere_is_not_read_beyond_its_end(lane: FastLane, message: dict[str, Any]) -> None:
    """What stands behind the end would complete the message."""
    whole = packed(message)
    for length in range(len(whole)):
        check(lane, whole[:length], whole[length:], packed(QUOTE))


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_frames_of_every_kind_are_the_same_in_both_lanes(seed: int) -> None:
    differing, ticks = fuzz(1_500, seed)
    assert not differing and ticks > 2_000


@given(frames=st.lists(st.binary(max_size=80), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_the_same_in_both_lanes(lane: FastLane, frames: list[bytes]) -> None:
    check(lane, *frames, *(b"\x91" + frame for frame in frames), *(b"\x91\x89" + frame for frame in frames))


def test_other_symbols_are_noticed(lane: FastLane) -> None:
    names = {f"S{number}": number for number in range(3_000)}
    frame = packed(*(TRADE | {"S": name} for name in names))
    for symbols in (names, {"S7": 9}, {}, {"S8": 2**32 - 2}, names):
        check(lane, frame, symbols=symbols)


def test_before_it_is_ready_it_is_the_default_lane() -> None:
    assert len(check(FastLane(), packed(TRADE, BAR)).ticks) == 1


def test_without_numba_it_stays_the_default_lane() -> None:
    """In a process of its own, in which numba cannot be imported."""
    program = (
        "import sys; sys.modules['numba'] = None; from broker.fast_lane import FastLane; print(FastLane().get_ready())"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "False" and "default lane" in ended.stdout


def test_it_is_the_fast_lane_some_time_after_its_start(lane: FastLane) -> None:
    started = FastLane()
    started.start()
    wait_until(lambda: started.is_ready, 60.0, "the parser is compiled")
    assert len(check(started, packed(TRADE, QUOTE)).ticks) == 2


@pytest.mark.parametrize(
    "head", [b"\xdb\xff\xff\xff\xff", b"\xdb\x7f\xff\xff\xff", b"\xda\xff\xff", b"\xd9\xff", b"\xdd\xff\xff\xff\xff"]
)
def test_a_length_of_gigabytes_is_not_believed(lane: FastLane, head: bytes) -> None:
    """Whoever followed it would leave the memory of the process."""
    for key in ("S", "x", "z", "c", "tks", "T", "new"):
        message = {name: value for name, value in TRADE.items() if name != key} | {key: "!!!"}
        check(lane, packed(message).replace(msgpack.packb("!!!"), head), packed(TRADE))
        check(lane, packed(TRADE | {"!!!": 1}).replace(msgpack.packb("!!!"), head), packed(TRADE))
