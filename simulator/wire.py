"""The wire: Alpaca's market data messages, in JSON and MessagePack. The only place that knows their one-letter keys.

Sources: "Real-time Stock Pricing Data" (messages), "Market Data API" (REST objects). Sizes are in shares.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import numpy as np

from domain.session import NS_PER_SECOND
from simulator.bar import Bar, DailyBar
from simulator.columns import BarColumns
from simulator.market import Message
from simulator.quote import Quote
from simulator.trade import Trade

Codec = Literal["json", "msgpack"]
Fields = dict[str, Any]

CHANNEL_OF: dict[type, str] = {Trade: "trades", Quote: "quotes", Bar: "bars", DailyBar: "dailyBars"}
_LETTER_OF: dict[type, str] = {Trade: "t", Quote: "q", Bar: "b", DailyBar: "d"}


def rfc3339(ts_event: int) -> str:
    """UTC with a Z and up to nine decimals, zeros at the end left out."""
    seconds, rest = divmod(ts_event, NS_PER_SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else text + "Z"


def timestamp(ts_event: int) -> msgspec.msgpack.Ext:
    """MessagePack's Timestamp, extension type -1, in its 64-bit form (good to the year 2514)."""
    seconds, rest = divmod(ts_event, NS_PER_SECOND)
    return msgspec.msgpack.Ext(-1, (rest << 34 | seconds).to_bytes(8, "big"))


def trade_fields(trade: Trade) -> Fields:
    """A trade without symbol and time."""
    return {
        "i": trade.trade_id,
        "x": trade.exchange,
        "p": trade.price,
        "s": trade.size,
        "c": trade.conditions,
        "z": trade.tape,
    }


def quote_fields(quote: Quote) -> Fields:
    """A quote without symbol and time."""
    return {
        "bx": quote.exchange,
        "bp": quote.bid_price,
        "bs": quote.bid_size,
        "ax": quote.ask_exchange or quote.exchange,
        "ap": quote.ask_price,
        "as": quote.ask_size,
        "c": quote.conditions,
        "z": quote.tape,
    }


def bar_fields(bar: Bar) -> Fields:
    """A bar without symbol and time."""
    return {
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": bar.volume,
        "n": bar.trade_count,
        "vw": bar.vwap,
    }


def _body(message: Message) -> tuple[Fields, int]:
    if isinstance(message, Trade):
        return trade_fields(message), message.ts_event
    if isinstance(message, Quote):
        return quote_fields(message), message.ts_event
    return bar_fields(message), message.start


def encode(message: Message, codec: Codec) -> bytes:
    """One message of the stream. "T" is the first key, which Alpaca's Go client insists on."""
    body, ts_event = _body(message)
    head = {"T": _LETTER_OF[type(message)], "S": message.symbol, **body}
    if codec == "json":
        return msgspec.json.encode({**head, "t": rfc3339(ts_event)})
    return msgspec.msgpack.encode({**head, "t": timestamp(ts_event)})


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


def rest_trade(trade: Trade) -> Fields:
    """A trade as REST gives it."""
    return {"t": rfc3339(trade.ts_event), **trade_fields(trade)}


def rest_quote(quote: Quote) -> Fields:
    """A quote as REST gives it."""
    return {"t": rfc3339(quote.ts_event), **quote_fields(quote)}


def rest_bar(bar: Bar) -> Fields:
    """A bar as REST gives it."""
    return {"t": rfc3339(bar.start), **bar_fields(bar)}


def rest_bars(columns: BarColumns) -> list[Fields]:
    """Many bars as REST gives them; their stamps are whole seconds."""
    stamps = np.datetime_as_string(columns.start.view("datetime64[ns]"), unit="s", timezone="UTC").tolist()
    numbers = (
        columns.open,
        columns.high,
        columns.low,
        columns.close,
        columns.volume,
        columns.trade_count,
        columns.vwap,
    )
    rows = zip(stamps, *(column.tolist() for column in numbers), strict=True)
    return [
        {"t": stamp, "o": first, "h": high, "l": low, "c": last, "v": volume, "n": count, "vw": vwap}
        for stamp, first, high, low, last, volume, count, vwap in rows
    ]
