"""The wire: what unmodified clients can read."""

from __future__ import annotations

import json

import msgpack
import numpy as np
import pytest
from msgspec.structs import replace

from domain.news import NewsItem
from simulator.bar import Bar, DailyBar, UpdatedBar
from simulator.columns import BarColumns
from simulator.notice import DepthChange, PriceBand, TradeCancel, TradeCorrection, TradingStatus
from simulator.quote import CryptoQuote, OptionQuote, Quote
from simulator.trade import CryptoTrade, OptionTrade, Trade
from simulator.wire import decode_request, encode, encode_control, frame
from simulator.wire_rest import rest_bar, rest_bars, rest_trade
from simulator.wire_time import rfc3339

TS = 1_795_161_600_123_456_789
BAR = ("AAPL", 1_795_161_600_000_000_000, 1.0, 2.5, 0.5, 2.0, 300, 3, 1.25)
MESSAGES = [
    Trade("AAPL", TS, 2**60, 100.25, 10, "V", "C"),
    Quote("AAPL", TS, 100.24, 300, 100.26, 200, "V", "C"),
    Bar(*BAR),
    DailyBar(*BAR),
]


PRINT = Trade("AAPL", TS, 7, 100.25, 10, "V", "C")
WHEN = "2026-11-20T08:00:00.123456789Z"
CONTRACT = "AAPL261218C00200000"
ARTICLE = NewsItem(24, "Apple sings (invented)", "No.", "Practice market", "practice", "", ("AAPL",), TS, TS + 1)
GOLDEN = [
    (PRINT, f'{{"T":"t","S":"AAPL","i":7,"x":"V","p":100.25,"s":10,"c":["@"],"z":"C","t":"{WHEN}"}}'),
    (
        Quote("AAPL", TS, 100.24, 300, 100.26, 200, "V", "C", "Q"),
        f'{{"T":"q","S":"AAPL","bx":"V","bp":100.24,"bs":300,"ax":"Q","ap":100.26,"as":200,"c":["R"],"z":"C","t":"{WHEN}"}}',
    ),
    (
        UpdatedBar(*BAR),
        '{"T":"u","S":"AAPL","o":1.0,"h":2.5,"l":0.5,"c":2.0,"v":300,"n":3,"vw":1.25,"t":"2026-11-20T08:00:00Z"}',
    ),
    (
        DailyBar(*BAR),
        '{"T":"d","S":"AAPL","o":1.0,"h":2.5,"l":0.5,"c":2.0,"v":300,"n":3,"vw":1.25,"t":"2026-11-20T08:00:00Z"}',
    ),
    (
        TradingStatus("AAPL", TS, "H", "Trading Halt", "T12", "Why", "C"),
        f'{{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Why","z":"C","t":"{WHEN}"}}',
    ),
    (
        PriceBand("IONM", TS, 3.24, 2.65, "B", "C"),
        f'{{"T":"l","S":"IONM","u":3.24,"d":2.65,"i":"B","z":"C","t":"{WHEN}"}}',
    ),
    (
        TradeCorrection("AAPL", TS, PRINT, Trade("AAPL", TS, 8, 100.5, 10, "V", "C")),
        '{"T":"c","S":"AAPL","x":"V","oi":7,"op":100.25,"os":10,"oc":["@"],"ci":8,"cp":100.5,"cs":10,"cc":["@"],'
        f'"z":"C","t":"{WHEN}"}}',
    ),
    (
        TradeCancel("AAPL", TS, PRINT, "C"),
        f'{{"T":"x","S":"AAPL","i":7,"x":"V","p":100.25,"s":10,"a":"C","z":"C","t":"{WHEN}"}}',
    ),
    (
        CryptoTrade("BTC/USD", TS, 7, 96_400.5, 0.0123, "", "", taker_side="S"),
        f'{{"T":"t","S":"BTC/USD","p":96400.5,"s":0.0123,"i":7,"tks":"S","t":"{WHEN}"}}',
    ),
    (
        CryptoQuote("BTC/USD", TS, 96_400.0, 0.5, 96_410.0, 0.25, "", ""),
        f'{{"T":"q","S":"BTC/USD","bp":96400.0,"bs":0.5,"ap":96410.0,"as":0.25,"t":"{WHEN}"}}',
    ),
    (
        DepthChange("BTC/USD", TS, ((96_400.0, 0.5),), (), full=True),
        f'{{"T":"o","S":"BTC/USD","b":[{{"p":96400.0,"s":0.5}}],"a":[],"r":true,"t":"{WHEN}"}}',
    ),
    (
        DepthChange("BTC/USD", TS, (), ((96_410.0, 0.0),), full=False),
        f'{{"T":"o","S":"BTC/USD","b":[],"a":[{{"p":96410.0,"s":0.0}}],"t":"{WHEN}"}}',
    ),
    (
        OptionTrade(CONTRACT, TS, 7, 33.1, 2, "C", ""),
        f'{{"T":"t","S":"{CONTRACT}","p":33.1,"s":2,"x":"C","c":"S","t":"{WHEN}"}}',
    ),
    (
        OptionQuote(CONTRACT, TS, 33.0, 5, 33.4, 6, "C", ""),
        f'{{"T":"q","S":"{CONTRACT}","bx":"C","bp":33.0,"bs":5,"ax":"C","ap":33.4,"as":6,"c":"A","t":"{WHEN}"}}',
    ),
    (
        ARTICLE,
        f'{{"T":"n","id":24,"headline":"Apple sings (invented)","summary":"No.","author":"Practice market","created_at":"{WHEN}",'
        '"updated_at":"2026-11-20T08:00:00.12345679Z","url":null,"content":"No.","symbols":["AAPL"],"source":"practice"}',
    ),
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


@pytest.mark.parametrize(("message", "text"), GOLDEN, ids=lambda found: type(found).__name__)
def test_every_message_is_written_as_alpaca_writes_it(message, text):
    assert encode(message, "json").decode() == text


@pytest.mark.parametrize("message", [message for message, _ in GOLDEN], ids=lambda found: type(found).__name__)
def test_messagepack_has_the_same_fields_and_timestamps(message):
    plain, packed = json.loads(encode(message, "json")), msgpack.unpackb(encode(message, "msgpack"), timestamp=0)
    for name in ("t", "created_at", "updated_at"):
        if name in packed:
            moment = packed[name]
            packed[name] = rfc3339(moment.seconds * 10**9 + moment.nanoseconds)
    assert list(packed) == list(plain) and packed == plain and next(iter(packed)) == "T"


def test_what_became_of_a_trade_is_told_by_rest():
    assert "u" not in rest_trade(PRINT)
    assert rest_trade(replace(PRINT, update="canceled"))["u"] == "canceled"


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
