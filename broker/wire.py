"""The wire of Alpaca's stock data websocket: MessagePack frames in, columns of ticks and minute bars out.

One frame is an array of maps that carry their type in `T` (docs.alpaca.markets, real-time stock pricing data). A frame is
decoded in one go; nanoseconds are kept, because times are taken out of the raw MessagePack timestamp (extension -1) and
never become a datetime.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
import numpy as np

from domain.bar import BAR, Bars
from domain.tick import TICK, Kind, Records

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What a decoder raises for bytes that it cannot read; UnicodeDecodeError is a ValueError."""


class Trade(msgspec.Struct, tag_field="T", tag="t", gc=False):
    """A print. No cycle can go through it, so the collector need not look at it."""

    S: str
    p: float
    s: float
    t: msgspec.Raw
    i: Int64 = 0
    x: str = ""
    z: str = ""
    c: list[str] | None = None


class Quote(msgspec.Struct, tag_field="T", tag="q", gc=False):
    """A change of the best bid and ask."""

    S: str
    bp: float
    ap: float
    t: msgspec.Raw
    bs: float = 0.0
    ap_size: float = msgspec.field(default=0.0, name="as")
    bx: str = ""
    ax: str = ""
    z: str = ""


class MinuteBar(msgspec.Struct, tag_field="T", tag="b"):
    """Alpaca's own bar of one minute; `t` is its start."""

    S: str
    o: float
    h: float
    l: float  # noqa: E741 (Alpaca's key)
    c: float
    v: float
    t: msgspec.Raw
    n: Int64 = 0
    vw: float = 0.0


class Success(msgspec.Struct, tag_field="T", tag="success"):
    """An answer of the handshake."""

    msg: str = ""


class Failure(msgspec.Struct, tag_field="T", tag="error"):
    """An error frame; the codes are listed in Alpaca's streaming documentation."""

    code: int = 0
    msg: str = ""


class Subscription(msgspec.Struct, tag_field="T", tag="subscription"):
    """The whole set that the server will send."""

    trades: list[str] = []
    quotes: list[str] = []
    bars: list[str] = []


class UpdatedBar(msgspec.Struct, tag_field="T", tag="u"):
    """Passed over in this release."""


class DailyBar(msgspec.Struct, tag_field="T", tag="d"):
    """Passed over in this release."""


class Status(msgspec.Struct, tag_field="T", tag="s"):
    """Passed over in this release."""


class Luld(msgspec.Struct, tag_field="T", tag="l"):
    """Passed over in this release."""


class Correction(msgspec.Struct, tag_field="T", tag="c"):
    """Passed over in this release."""


class Cancel(msgspec.Struct, tag_field="T", tag="x"):
    """Passed over in this release."""


class Imbalance(msgspec.Struct, tag_field="T", tag="i"):
    """Passed over in this release."""


Message = (
    Trade | Quote | MinuteBar | Success | Failure | Subscription
    | UpdatedBar | DailyBar | Status | Luld | Correction | Cancel | Imbalance
)  # fmt: skip

TICKS: Final[frozenset[type]] = frozenset({Trade, Quote})

_decode_frame = msgspec.msgpack.Decoder(list[Message]).decode
_decode_message = msgspec.msgpack.Decoder(Message).decode
_split_frame = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode

NS_MASK: Final = (1 << 34) - 1


@dataclass(slots=True)
class Batch:
    """What some frames held. `ticks` are TICK records in order of arrival, `bars` BAR records with `bar_symbols`."""

    ticks: Records
    bars: Bars
    bar_symbols: list[int]
    failures: list[Failure] = field(default_factory=list)
    quarantined: int = 0
    unasked: int = 0


def decode_messages(frames: list[bytes]) -> tuple[list[Message], int]:
    """The messages of some frames in order, and how many could not be understood; the rest of such a frame is kept."""
    messages: list[Message] = []
    bad = 0
    for frame in frames:
        try:
            messages += _decode_frame(frame)
        except UNREADABLE:
            good, broken = _decode_one_by_one(frame)
            messages += good
            bad += broken
    return messages, bad


def decode(frames: list[bytes], symbols: dict[str, int]) -> Batch:
    """The batch that some frames hold. Malformed and impossible messages are counted and left out, never raised."""
    messages, bad = decode_messages(frames)
    market: list[Any] = messages
    others: list[Message] = []
    if not set(map(type, messages)) <= TICKS:
        market = [m for m in messages if type(m) in TICKS]
        others = [m for m in messages if type(m) not in TICKS]
    minute_bars = [m for m in others if type(m) is MinuteBar and m.S in symbols]
    unasked_bars = sum(type(m) is MinuteBar for m in others) - len(minute_bars)
    bars = _bars(minute_bars)
    good_bars = possible_bars(bars)
    ticks, places = _ticks(market), np.array([symbols.get(m.S, -1) for m in market], np.int64)
    ticks["symbol"] = places & 0xFFFFFFFF
    asked, sound = places >= 0, possible(ticks)
    return Batch(
        ticks[asked & sound],
        bars[good_bars],
        [symbols[m.S] for m, good in zip(minute_bars, good_bars, strict=True) if good],
        [m for m in others if type(m) is Failure],
        bad + int(np.count_nonzero(asked & ~sound)) + int(np.count_nonzero(~good_bars)),
        int(np.count_nonzero(~asked)) + unasked_bars,
    )


def _decode_one_by_one(frame: bytes) -> tuple[list[Message], int]:
    try:
        parts = _split_frame(frame)
    except UNREADABLE:
        return [], 1
    good: list[Message] = []
    for part in parts:
        try:
            good.append(_decode_message(part))
        except UNREADABLE:
            continue
    return good, len(parts) - len(good)


def _ticks(messages: list[Any]) -> Records:
    ticks = np.zeros(len(messages), TICK)
    if messages:
        ticks["ts_event"] = _times([m.t for m in messages])
        is_trade = np.array([type(m) is Trade for m in messages])
        _fill_trades(ticks, np.flatnonzero(is_trade), [m for m in messages if type(m) is Trade])
        _fill_quotes(ticks, np.flatnonzero(~is_trade), [m for m in messages if type(m) is Quote])
    return ticks


def _fill_trades(ticks: Records, rows: Any, trades: list[Trade]) -> None:
    ticks["kind"][rows] = Kind.TRADE
    ticks["a"][rows] = [m.p for m in trades]
    ticks["c"][rows] = [m.s for m in trades]
    ticks["id"][rows] = [m.i for m in trades]
    ticks["exchange"][rows] = _letters([m.x for m in trades])
    ticks["tape"][rows] = _letters([m.z for m in trades])
    ticks["conditions"][rows] = [pack_conditions(m.c or []) for m in trades]


def _fill_quotes(ticks: Records, rows: Any, quotes: list[Quote]) -> None:
    ticks["kind"][rows] = Kind.QUOTE
    ticks["a"][rows] = [m.bp for m in quotes]
    ticks["b"][rows] = [m.ap for m in quotes]
    ticks["c"][rows] = [m.bs for m in quotes]
    ticks["d"][rows] = [m.ap_size for m in quotes]
    ticks["exchange"][rows] = _letters([m.bx for m in quotes])
    ticks["other_exchange"][rows] = _letters([m.ax for m in quotes])
    ticks["tape"][rows] = _letters([m.z for m in quotes])


def _bars(messages: list[Any]) -> Bars:
    bars = np.zeros(len(messages), BAR)
    if messages:
        columns = ("open", "o"), ("high", "h"), ("low", "l"), ("close", "c"), ("volume", "v"), ("trade_count", "n")
        for name, key in columns:
            bars[name] = [getattr(m, key) for m in messages]
        bars["notional"] = [m.vw * m.v for m in messages]
        bars["start"] = bars["first_at"] = bars["last_at"] = _times([m.t for m in messages])
    return bars


def possible(ticks: Records) -> Any:
    """Which ticks can be: positive finite prices and sizes for a trade; for a quote prices that are not crossed, or absent."""
    finite = np.isfinite(ticks["a"]) & np.isfinite(ticks["b"]) & np.isfinite(ticks["c"]) & np.isfinite(ticks["d"])
    trade = (ticks["a"] > 0) & (ticks["c"] > 0)
    one_sided = (ticks["a"] == 0) | (ticks["b"] == 0)
    quote = (ticks["a"] >= 0) & (ticks["b"] >= 0) & (one_sided | (ticks["a"] <= ticks["b"]))
    return finite & (ticks["ts_event"] > 0) & np.where(ticks["kind"] == Kind.TRADE, trade, quote)


def possible_bars(bars: Bars) -> Any:
    """Which bars can be: a time, positive finite prices between low and high, nothing negative or infinite traded."""
    low, high = bars["low"], bars["high"]
    sound = (bars["start"] > 0) & (low > 0) & (bars["volume"] >= 0) & (bars["trade_count"] >= 0)
    for name in ("open", "close"):
        sound &= (low <= bars[name]) & (bars[name] <= high)
    return sound & np.isfinite(high) & np.isfinite(bars["volume"]) & np.isfinite(bars["notional"])


def letter(code: str) -> int:
    """A one-letter code as a byte; 0 for none."""
    return ord(code[0]) & 0xFF if code else 0


def _letters(codes: list[str]) -> Any:
    joined = "".join(codes)
    if joined.isascii() and set(map(len, codes)) <= {1}:
        return np.frombuffer(joined.encode(), np.uint8)
    return [letter(code) for code in codes]


def pack_conditions(codes: list[str]) -> int:
    """Up to four one-letter trade conditions packed into 32 bits, the first in the lowest byte."""
    packed = 0
    for place, code in enumerate(codes[:4]):
        packed |= letter(code) << 8 * place
    return packed


def _times(raw: list[msgspec.Raw]) -> Any:
    """Nanoseconds UTC of MessagePack timestamps. The 64-bit form, which Alpaca sends, is read all at once."""
    joined = b"".join(raw)
    if len(joined) == 10 * len(raw):
        words = np.frombuffer(joined, np.dtype([("head", "S2"), ("value", ">u8")]))
        if np.all(words["head"] == b"\xd7\xff"):
            value = words["value"].astype(np.uint64)
            return ((value & np.uint64(NS_MASK)) * np.uint64(10**9) + (value >> np.uint64(34))).astype(np.int64)
    times = (_time(bytes(item)) for item in raw)
    return [time if 0 < time < 2**63 else 0 for time in times]


def _time(raw: bytes) -> int:
    """Nanoseconds UTC of one MessagePack timestamp of any width; 0 for anything else."""
    if len(raw) == 6 and raw[:2] == b"\xd6\xff":
        return int.from_bytes(raw[2:], "big") * 10**9
    if len(raw) == 10 and raw[:2] == b"\xd7\xff":
        value = int.from_bytes(raw[2:], "big")
        return (value & NS_MASK) * 10**9 + (value >> 34)
    if len(raw) == 15 and raw[:3] == b"\xc7\x0c\xff":
        return int.from_bytes(raw[7:], "big", signed=True) * 10**9 + int.from_bytes(raw[3:7], "big")
    return 0
