"""The compiled parser: MessagePack frames of trades and quotes to TICK records, without an object for each message.

It takes a message only if it understands all of it, exactly as the decoder of broker.messages would; anything else it leaves
to that decoder, by its place in the bytes. Keys after broker.messages.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from broker.fast_compile import compiled, inlined, kept
from broker.fast_symbols import UNKNOWN, enter_symbols, place_of
from broker.fast_values import (
    LIST,
    MAP,
    REFUSED,
    Read,
    conditions,
    integer,
    length_of,
    letter,
    number,
    skip,
    taker,
    text,
    time,
)
from domain.tick import TICK, Kind

__all__ = ["enter_symbols", "parse"]

WORDS: Final = TICK.itemsize // 8
OFFSETS: Final = {name: int(found[1]) for name, found in (TICK.fields or {}).items()}
TRADE, QUOTE = int(Kind.TRADE), int(Kind.QUOTE)
SKIPPED, NUMBER, INTEGER, TIME, LETTER, CONDITIONS, TAKER, SYMBOL = range(8)
"""How a field is read."""

FIELDS: Final = (
    ("", SKIPPED, "ts_event"), ("T", SKIPPED, "ts_event"), ("S", SYMBOL, "symbol"), ("t", TIME, "ts_event"),
    ("z", LETTER, "tape"), ("p", NUMBER, "a"), ("s", NUMBER, "c"), ("i", INTEGER, "id"), ("x", LETTER, "exchange"),
    ("c", CONDITIONS, "conditions"), ("tks", TAKER, "flags"), ("bp", NUMBER, "a"), ("ap", NUMBER, "b"),
    ("bs", NUMBER, "c"), ("as", NUMBER, "d"), ("bx", LETTER, "exchange"), ("ax", LETTER, "other_exchange"),
)  # fmt: skip
"""Keys, how they are read, and where in a record they go. The first stands for any key that is none of ours."""

READER: Final = np.array([reader for _, reader, _ in FIELDS])
OFFSET: Final = np.array([OFFSETS[name] for _, _, name in FIELDS])


def _bits(*keys: str) -> int:
    return sum(1 << place for place, (key, *_) in enumerate(FIELDS) if key in keys)


NEEDED: Final = np.array([0, _bits("S", "t", "p", "s"), _bits("S", "t", "bp", "ap")])
"""By kind: the fields without which it is none, as bits."""

SYMBOL_AT, KIND_AT = OFFSETS["symbol"] // 8, OFFSETS["kind"] % 8 * 8


def _key(first: int, second: int) -> int:
    """Where FIELD_OF_KEY has a key of two plain letters; one of one letter is a second without a first."""
    return first << 7 | second


def _fields_by_key(*names: str) -> Any:
    table = np.zeros(1 << 14, np.uint8)
    for place, (key, *_) in enumerate(FIELDS):
        if key in names:
            table[_key(*(b"\0" + key.encode())[-2:] if len(key) < 3 else key.encode()[:2])] = place
    return table


FIELD_OF_KEY: Final = np.stack(
    [_fields_by_key(), _fields_by_key(*"TStzpsixc", "tks"), _fields_by_key(*"TStz", "bp", "ap", "bs", "as", "bx", "ax")]
)
"""By kind and key, the place in FIELDS; `tks` stands under `tk`."""

TAG, TKS = ([key for key, *_ in FIELDS].index(name) for name in ("T", "tks"))


@inlined
def field_of(kind: int, data: Any, at: int, end: int) -> Read:
    """The place in FIELDS of a key."""
    start, stop = text(data, at, end)
    size = stop - start
    if size < 1 or size > 3:
        return 0, stop
    first = np.int64(data[np.uint64(start)])
    if size == 1:
        return np.int64(FIELD_OF_KEY[kind, first & 0x7F]) if first < 0x80 else 0, stop
    second = np.int64(data[np.uint64(start + 1)])
    if first == 0 or first >= 0x80 or second >= 0x80 or (size == 3 and data[np.uint64(start + 2)] != 0x73):
        return 0, stop
    field = np.int64(FIELD_OF_KEY[kind, first << 7 | second])
    return (field if (field == TKS) == (size == 3) else 0), stop


@inlined
def read_value(reader: int, data: Any, at: int, end: int, names: Any, slots: Any) -> Read:
    """The bits of a value, and the place after it."""
    if reader == NUMBER:
        return number(data, at, end)
    if reader == LETTER:
        return letter(data, at, end)
    if reader == TIME:
        return time(data, at, end)
    if reader == SYMBOL:
        return place_of(data, at, end, names, slots)
    if reader == INTEGER:
        return integer(data, at, end)
    if reader == CONDITIONS:
        return conditions(data, at, end)
    if reader == TAKER:
        return taker(data, at, end)
    return 0, skip(data, at, end)


@inlined
def kind_of(data: Any, at: int, end: int) -> Any:
    """The kind that the value of `T` tells; 0 if it is neither trade nor quote."""
    tag, after = letter(data, at, end)
    return 0 if after - at != 2 else TRADE if tag == 0x74 else QUOTE if tag == 0x71 else 0


@compiled
def find_kind(data: Any, at: int, end: int, fields: int) -> Any:
    """The kind of a message whose first key is another than `T`."""
    for _ in range(fields):
        field, at = field_of(TRADE, data, at, end)
        if at < 0:
            return 0
        if field == TAG:
            return kind_of(data, at, end)
        at = skip(data, at, end)
    return 0


@inlined
def real(bits: Any) -> Any:
    """The float64 that some bits are."""
    return np.int64(bits).view(np.float64)


@inlined
def possible(kind: int, ticks: Any, row: int) -> Any:
    """The rule of broker.wire.possible for one record."""
    a, b, c, d = real(ticks[row, 1]), real(ticks[row, 2]), real(ticks[row, 3]), real(ticks[row, 4])
    if not np.isfinite(a + b + c + d) or ticks[row, 0] <= 0:
        return False
    if kind == TRADE:
        return a > 0 and c > 0
    return a >= 0 and b >= 0 and c >= 0 and d >= 0 and (a == 0 or b == 0 or a <= b)


@compiled
def read_message(data: Any, at: int, end: int, names: Any, slots: Any, ticks: Any, row: int) -> int:
    """Read one trade or quote into the words of a record. A field that comes twice is left to the decoder."""
    fields, at = length_of(MAP, data, at, end)
    if at < 0:
        return REFUSED
    seen = 0
    if fields > 0 and end - at > 4 and data[at] == 0xA1 and data[at + 1] == 0x54:  # Alpaca sends `T` first
        kind = kind_of(data, at + 2, end)
        at, fields, seen = at + 4, fields - 1, 1 << TAG
    else:
        kind = find_kind(data, at, end, fields)
    if kind == 0:
        return REFUSED
    for word in range(WORDS):
        ticks[row, word] = 0
    ticks[row, SYMBOL_AT] = kind << KIND_AT
    for _ in range(fields):
        field, at = field_of(kind, data, at, end)
        if at < 0:
            return REFUSED
        bits, at = read_value(int(READER[field]), data, at, end, names, slots)
        if at < 0 or (seen >> field & 1 and field > 0):
            return REFUSED
        seen |= 1 << field
        ticks[row, OFFSET[field] >> 3] |= bits << ((OFFSET[field] & 7) << 3)
    return at if seen & NEEDED[kind] == NEEDED[kind] and possible(kind, ticks, row) else REFUSED


@compiled
def read_frame(data: Any, at: int, end: int, names: Any, slots: Any, ticks: Any, left: Any, sizes: Any) -> int:
    """Read one frame; `sizes` grow. REFUSED if it must be left as a whole."""
    messages, at = length_of(LIST, data, at, end)
    for _ in range(messages if at >= 0 else 0):
        if sizes[0] >= len(ticks):
            return REFUSED
        after = read_message(data, at, end, names, slots, ticks, sizes[0])
        if after < 0:
            after = skip(data, at, end)
            if after < 0 or sizes[1] >= len(left):
                return REFUSED
            left[sizes[1], 0], left[sizes[1], 1], left[sizes[1], 2], left[sizes[1], 3] = at, after, sizes[0], 0
            sizes[1] += 1
        elif ticks[sizes[0], SYMBOL_AT] & UNKNOWN == UNKNOWN:
            sizes[2] += 1
        else:
            sizes[0] += 1
        at = after
    return at if at == end else REFUSED


@kept
def parse(data: Any, ends: Any, names: Any, slots: Any, ticks: Any, left: Any, sizes: Any) -> None:
    """Read frames that stand one behind the other. `sizes`, zeros at first: how many ticks, left to the decoder, unasked.

    `ticks` are records as words. A row of `left` is (start, end, ticks before it, whether it is a whole frame); there are
    rows for one a frame and some more, and a frame that needs more than there are is left as a whole.
    """
    start = 0
    for frame in range(len(ends)):
        rows, odd, unasked = sizes[0], sizes[1], sizes[2]
        room = left[: len(left) - (len(ends) - frame)]
        if read_frame(data, start, ends[frame], names, slots, ticks, room, sizes) < 0:
            left[odd, 0], left[odd, 1], left[odd, 2], left[odd, 3] = start, ends[frame], rows, 1
            sizes[0], sizes[1], sizes[2] = rows, odd + 1, unasked
        start = ends[frame]
