"""The wire: what unmodified clients can read."""

from __future__ import annotations

import json

import msgpack
import numpy as np
import pytest

from simulator.bar import Bar, DailyBar
from simulator.columns import BarColumns
from simulator.quote import Quote
from simulator.trade import Trade
from simulator.wire import decode_request, encode, encode_control, frame
from simulator.wire_rest import rest_bar, rest_bars
from simulator.wire_time import rfc3339

TS = 1_795_161_600_123_456_789
BAR = ("AAPL", 1_795_161_600_000_000_000, 1.0, 2.5, 0.5, 2.0, 300, 3, 1.25)
MESSAGES = [
    Trade("AAPL", TS, 2**60, 100.25, 10, "V", "C"),
    Quote("AAPL", TS, 100.24, 300, 100.26, 200, "V", "C"),
    Bar(*BAR),
    DailyBar(*BAR),
]


def unpack(data: bytes) -> list[dict]:
    return msgpack.unpackb(data, timestamp=0)


def test_both_codecs_say_the_same_and_t_comes_first():
    binary = unpack(frame([encode(message, "msgpack") for message in MESSAGES], "msgpack"))
    text = json.loads(frame([encode(message, "json") for message in MESSAGES], "json"))
    for packed, plain in zip(binary, text, strict=True):
        assert next(iter(packed)) == next(iter(plain)) == "T"
        moment = packed.pop("t")
        assert rfc3339(moment.seconds * 10**9 + moment.nanoseconds) == plain.pop("t")
        assert packed == plain
    assert [message["T"] for message in text] == ["t", "q", "b", "d"]
    assert text[0] == {"T": "t", "S": "AAPL", "i": 2**60, "x": "V", "p": 100.25, "s": 10, "c": ["@"], "z": "C"}


@pytest.mark.parametrize("count", [0, 1, 15, 16, 1_000])
def test_frames_of_any_length_are_arrays(count):
    encoded = {codec: [encode(MESSAGES[0], codec)] * count for codec in ("json", "msgpack")}
    assert len(unpack(frame(encoded["msgpack"], "msgpack"))) == count
    assert len(json.loads(frame(encoded["json"], "json"))) == count


def test_a_control_message_is_an_array_of_one():
    assert unpack(encode_control({"T": "success"}, "msgpack")) == [{"T": "success"}]
    assert json.loads(encode_control({"T": "success"}, "json")) == [{"T": "success"}]


@pytest.mark.parametrize("data", ['{"action":"auth"}', b'{"action":"auth"}', msgpack.packb({"action": "auth"})])
def test_requests_are_understood_in_text_and_binary(data):
    assert decode_request(data) == {"action": "auth"}


@pytest.mark.parametrize(
    ("ts_event", "text"),
    [
        (TS, "2026-11-20T08:00:00.123456789Z"),
        (1_795_161_600_120_000_000, "2026-11-20T08:00:00.12Z"),
        (1_795_161_600_000_000_000, "2026-11-20T08:00:00Z"),
    ],
)
def test_times_lose_their_last_zeros(ts_event, text):
    assert rfc3339(ts_event) == text


def test_many_bars_are_written_like_one():
    bars = [Bar(*BAR), Bar("AAPL", BAR[1] + 60_000_000_000, *BAR[2:])]
    assert rest_bars(BarColumns.of(bars)) == [rest_bar(bar) for bar in bars]
    assert rest_bars(BarColumns.empty()) == []
    assert isinstance(rest_bars(BarColumns.of(bars))[0]["v"], int)
    assert np.array_equal(BarColumns.of(bars).start, [bar.start for bar in bars])
