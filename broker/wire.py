"""The wire of Alpaca's data websockets: frames in, columns of ticks and everything else that a frame may hold out.

One frame is an array of maps that carry their type in `T`. A frame is decoded in one go; nanoseconds are kept, because
times are taken out of the raw MessagePack timestamp and never become a datetime. Frames of text are read as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from broker.messages import (
    TICKS,
    Book,
    Cancel,
    Correction,
    DailyBar,
    Failure,
    Luld,
    Message,
    MinuteBar,
    News,
    Status,
    Subscription,
    UpdatedBar,
)
from broker.quarantined import (
    IMPOSSIBLE_BAR,
    IMPOSSIBLE_OTHER,
    IMPOSSIBLE_QUOTE,
    IMPOSSIBLE_TRADE,
    UNDECODABLE,
    UNKNOWN_TYPE,
    Quarantined,
)
from broker.tick_columns import integers, letter, pack_conditions, ticks_of
from broker.wire_time import time, times
from domain.bar import BAR, Bars
from domain.news import NewsItem
from domain.tick import IS_TRADE, TICK, TRADE, Kind, Records

UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What a decoder raises for bytes that it cannot read; UnicodeDecodeError is a ValueError."""

_decode_frame = msgspec.msgpack.Decoder(list[Message]).decode
_decode_message = msgspec.msgpack.Decoder(Message).decode
_split_frame = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(list[Message]).decode
_decode_text_message = msgspec.json.Decoder(Message).decode
_split_text = msgspec.json.Decoder(list[msgspec.Raw]).decode
PART_BYTES: Final = 128 * 1024
"""About 2,000 trades and quotes: all at once, a second's worth takes half as long again."""

_TEXT: Final = frozenset(b"[{ \n")
"""First bytes of JSON; as MessagePack they would be small numbers, which no frame is."""


class SymbolBars(NamedTuple):
    """Bars, and the symbol (a place in the table of symbols) of each."""

    symbols: list[int]
    bars: Bars


class Corrected(NamedTuple):
    """A trade that was another one, or (`now` None) never was: TRADE records; the time of `was` is that of the message."""

    was: Any
    now: Any


@dataclass(slots=True)
class Batch:
    """What some frames held. `ticks` are TICK records in order of arrival; `minutes` are b and u, `days` d."""

    ticks: Records
    minutes: SymbolBars
    days: SymbolBars
    corrections: list[Corrected] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    lulds: list[Luld] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)
    news: list[NewsItem] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    quarantined: Quarantined = field(default_factory=Quarantined)
    unasked: int = 0

    @property
    def has_data(self) -> bool:
        """Whether there is any market data in it: an answer or an error is none."""
        rare = self.books or self.news or self.statuses or self.lulds or self.corrections
        return bool(rare) or any(len(found) for found in (self.ticks, self.minutes.bars, self.days.bars))


def decode_messages(frames: Iterable[bytes]) -> tuple[list[Message], Quarantined]:
    """The messages of some frames in order, and what could not be understood; the rest of such a frame is kept."""
    bad = Quarantined()
    return _messages(frames, bad), bad


def decode(frames: Iterable[bytes], symbols: dict[str, int]) -> Batch:
    """The batch that some frames hold. Malformed and impossible messages are counted and left out, never raised."""
    bad, ticks, others, unasked = Quarantined(), [], [], 0
    for part in _parts(frames):
        messages = _messages(part, bad)
        if not set(map(type, messages)) <= TICKS:
            others += [m for m in messages if type(m) not in TICKS]
            messages = [m for m in messages if type(m) in TICKS]
        found, passed_over = _asked_ticks(messages, symbols, bad)
        ticks.append(found)
        unasked += passed_over
    return _batch(_joined(ticks), others, symbols, bad, unasked)


def _batch(ticks: Records, others: list[Any], symbols: dict[str, int], bad: Quarantined, unasked: int) -> Batch:
    if not others:
        return Batch(ticks, NO_SYMBOL_BARS, NO_SYMBOL_BARS, quarantined=bad, unasked=unasked)
    asked = [m for m in others if getattr(m, "S", None) is None or m.S in symbols]
    return Batch(
        ticks,
        _symbol_bars(_of(asked, MinuteBar, UpdatedBar), symbols, bad),
        _symbol_bars(_of(asked, DailyBar), symbols, bad),
        [_corrected(m, symbols[m.S]) for m in _sound(asked, bad, Correction, Cancel)],
        _of(asked, Status),
        _sound(asked, bad, Luld),
        _sound(asked, bad, Book),
        [news_item(m) for m in _of(asked, News)],
        _of(asked, Failure),
        _of(asked, Subscription),
        bad,
        unasked + len(others) - len(asked),
    )


def _parts(frames: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Frames in parts whose messages stay in the processor's cache until they are columns; an empty one if there are none."""
    part: list[bytes] = []
    size = 0
    for frame in frames:
        part.append(frame)
        size += len(frame)
        if size >= PART_BYTES:
            yield part
            part, size = [], 0
    yield part


def _joined(parts: list[Records]) -> Records:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def news_item(message: News) -> NewsItem:
    """An article in words."""
    return NewsItem(
        message.id,
        message.headline,
        message.summary,
        message.author,
        message.source,
        message.url or "",
        tuple(message.symbols),
        time(message.created_at),
        time(message.updated_at),
    )


def possible(ticks: Records) -> Any:
    """Which ticks can be: positive finite prices and sizes for a trade; for a quote prices that are not crossed, or absent."""
    trade = (ticks["a"] > 0) & (ticks["c"] > 0)
    one_sided = (ticks["a"] == 0) | (ticks["b"] == 0)
    quote = (ticks["a"] >= 0) & (ticks["b"] >= 0) & (one_sided | (ticks["a"] <= ticks["b"]))
    quote &= (ticks["c"] >= 0) & (ticks["d"] >= 0)
    with np.errstate(invalid="ignore", over="ignore"):  # what comes out is not finite, which is the question
        finite = np.isfinite(ticks["a"] + ticks["b"] + ticks["c"] + ticks["d"])
    return finite & (ticks["ts_event"] > 0) & np.where(ticks["kind"] == IS_TRADE, trade, quote)


def possible_bars(bars: Bars) -> Any:
    """Which bars can be: a time, positive finite prices between low and high, nothing negative or infinite traded."""
    low, high = bars["low"], bars["high"]
    sound = (bars["start"] > 0) & (low > 0) & (bars["volume"] >= 0) & (bars["trade_count"] >= 0)
    for name in ("open", "close"):
        sound &= (low <= bars[name]) & (bars[name] <= high)
    return sound & np.isfinite(high) & np.isfinite(bars["volume"]) & np.isfinite(bars["notional"])


def _of(messages: list[Any], *kinds: type) -> list[Any]:
    return [m for m in messages if type(m) in kinds]


def _sound(messages: list[Any], bad: Quarantined, *kinds: type) -> list[Any]:
    """Those of some kinds whose numbers can be."""
    found = _of(messages, *kinds)
    sound = [m for m in found if _can_be(m)]
    for message in found if len(sound) < len(found) else ():
        if not _can_be(message):
            bad.add(IMPOSSIBLE_OTHER, msgspec.msgpack.encode(message))
    return sound


def _can_be(message: Any) -> bool:
    if isinstance(message, Book):
        numbers = [number for level in (*message.b, *message.a) for number in (level.p, level.s)]
        return all(0 <= number < math.inf for number in numbers) and all(
            level.p > 0 for level in (*message.b, *message.a)
        )
    if isinstance(message, Luld):
        return 0 < message.d <= message.u < math.inf
    if isinstance(message, Cancel):
        return 0 < message.p < math.inf and 0 < message.s < math.inf
    return all(0 < number < math.inf for number in (message.op, message.os, message.cp, message.cs))


def _messages(frames: Iterable[bytes], bad: Quarantined) -> list[Message]:
    messages: list[Message] = []
    for frame in frames:
        try:
            messages += _decode_frame(frame)
        except UNREADABLE:
            messages += _decode_slowly(frame, bad)
    return messages


def _decode_slowly(frame: bytes, bad: Quarantined) -> list[Message]:
    """A frame with something in it that cannot be read: message by message, as JSON if it is text."""
    text = bool(frame) and frame[0] in _TEXT
    whole, split, one = (
        (_decode_text, _split_text, _decode_text_message) if text else (None, _split_frame, _decode_message)
    )
    try:
        if whole is not None:
            return whole(frame)
    except UNREADABLE:
        pass
    try:
        parts = split(frame)
    except UNREADABLE:
        parts = [msgspec.Raw(frame)]
    good: list[Message] = []
    for part in parts:
        try:
            good.append(one(part))
        except UNREADABLE as error:
            bad.add(UNKNOWN_TYPE if "Invalid value" in str(error) and "$.T" in str(error) else UNDECODABLE, bytes(part))
    return good


def _asked_ticks(messages: list[Any], symbols: dict[str, int], bad: Quarantined) -> tuple[Records, int]:
    """The possible ticks of known symbols, and how many were of others."""
    if not messages:
        return NO_TICKS, 0
    ticks, all_can_be = ticks_of(messages)
    get = symbols.get
    places = integers([get(m.S, -1) for m in messages])
    ticks["symbol"] = places & 0xFFFFFFFF
    asked = places >= 0
    sound = asked if all_can_be else possible(ticks)
    if asked.all() and sound.all():
        return ticks, 0
    for row in np.flatnonzero(asked & ~sound).tolist():
        cause = IMPOSSIBLE_TRADE if ticks["kind"][row] == Kind.TRADE else IMPOSSIBLE_QUOTE
        bad.add(cause, msgspec.msgpack.encode(messages[row]))
    return ticks[asked & sound], int(np.count_nonzero(~asked))


def _symbol_bars(messages: list[Any], symbols: dict[str, int], bad: Quarantined) -> SymbolBars:
    if not messages:
        return NO_SYMBOL_BARS
    bars = np.zeros(len(messages), BAR)
    columns = ("open", "o"), ("high", "h"), ("low", "l"), ("close", "c"), ("volume", "v"), ("trade_count", "n")
    for name, key in columns:
        bars[name] = [getattr(m, key) for m in messages]
    bars["notional"] = [m.vw * m.v for m in messages]
    bars["start"] = bars["first_at"] = bars["last_at"] = times([m.t for m in messages])
    good = possible_bars(bars)
    for row in np.flatnonzero(~good).tolist():
        bad.add(IMPOSSIBLE_BAR, msgspec.msgpack.encode(messages[row]))
    places = [symbols[m.S] for m, sound in zip(messages, good, strict=True) if sound]
    return SymbolBars(places, bars[good])


def _corrected(message: Correction | Cancel, symbol: int) -> Corrected:
    if isinstance(message, Cancel):
        return Corrected(_told_trade(message, symbol, message.i, message.p, message.s, None), None)
    was = _told_trade(message, symbol, message.oi, message.op, message.os, message.oc)
    return Corrected(was, _told_trade(message, symbol, message.ci, message.cp, message.cs, message.cc))


def _told_trade(
    message: Correction | Cancel, symbol: int, trade_id: int, price: float, size: float, codes: list[str] | None
) -> Any:
    trade = np.zeros((), TRADE)
    trade["ts_event"], trade["kind"], trade["symbol"], trade["id"] = time(message.t), Kind.TRADE, symbol, trade_id
    trade["price"], trade["size"], trade["conditions"] = price, size, pack_conditions(codes)
    trade["exchange"], trade["tape"] = letter(message.x), letter(message.z)
    return trade[()]


NO_TICKS: Final = np.zeros(0, TICK)
NO_SYMBOL_BARS: Final = SymbolBars([], np.zeros(0, BAR))
