"""The wire: messages and frames of the data streams in JSON and MessagePack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from domain.news import NewsItem
from simulator.bar import Bar, DailyBar, UpdatedBar
from simulator.message import Message
from simulator.notice import DepthChange, OrderImbalance, PriceBand, TradeCancel, TradeCorrection, TradingStatus
from simulator.quote import CryptoQuote, OptionQuote, Quote
from simulator.trade import CryptoTrade, OptionTrade, Trade
from simulator.wire_fields import FIELDS_OF, LETTER_OF, Fields, When, news_fields
from simulator.wire_time import rfc3339, timestamp

Codec = Literal["json", "msgpack"]

CHANNEL_OF: dict[type, str] = {
    Trade: "trades", CryptoTrade: "trades", OptionTrade: "trades", Quote: "quotes", CryptoQuote: "quotes",
    OptionQuote: "quotes", Bar: "bars", UpdatedBar: "updatedBars", DailyBar: "dailyBars", TradingStatus: "statuses",
    PriceBand: "lulds", TradeCorrection: "trades", TradeCancel: "trades", DepthChange: "orderbooks",
    OrderImbalance: "imbalances", NewsItem: "news",
}  # fmt: skip
"""The channel that a message is subscribed by: corrections and cancels come with the trades."""


def codec_of(headers: Mapping[str, str]) -> Codec:
    """What the request of the upgrade asks for: JSON if it says nothing."""
    return "msgpack" if "msgpack" in headers.get("content-type", "") else "json"


def encode(message: Message, codec: Codec) -> bytes:
    """One message of a stream. "T" is the first key, which Alpaca's Go client insists on."""
    when: When = rfc3339 if codec == "json" else timestamp
    encoder: Callable[[Any], bytes] = msgspec.json.encode if codec == "json" else msgspec.msgpack.encode
    kind = type(message)
    if isinstance(message, NewsItem):
        return encoder({"T": LETTER_OF[kind], **news_fields(message, when)})
    moment = message.start if isinstance(message, Bar) else message.ts_event
    return encoder({"T": LETTER_OF[kind], "S": message.symbol, **FIELDS_OF[kind](message), "t": when(moment)})


def frame(encoded: list[bytes], codec: Codec) -> bytes:
    """One frame of encoded messages: an array of them."""
    if codec == "json":
        return b"[" + b",".join(encoded) + b"]"
    count = len(encoded)
    head = bytes((0x90 | count,)) if count < 16 else b"\xdc" + count.to_bytes(2, "big")
    return head + b"".join(encoded)


def encode_control(fields: Fields, codec: Codec) -> bytes:
    """A control message: an array with exactly one element."""
    encoder: Callable[[Any], bytes] = msgspec.json.encode if codec == "json" else msgspec.msgpack.encode
    return encoder([fields])


def decode_request(data: bytes | str) -> Any:
    """What a client said: text is JSON, binary is MessagePack, or JSON if it begins with a brace.

    Raises msgspec.DecodeError.
    """
    if isinstance(data, str) or data.startswith(b"{"):
        return msgspec.json.decode(data)
    return msgspec.msgpack.decode(data)
