"""The compiled parser: MessagePack frames of trades and quotes to TICK records, without an object for each message.

It takes a message only if it understands all of it, exactly as the decoder of broker.messages would; anything else it leaves
to that decoder, by its place in the bytes. Functions return the place after what they read, or REFUSED; none reads at or
beyond `end`. They stand in one file because the cache of compiled code notices a change of this file only, and each is
called from few places, because every call is a copy of its code.

Forms after github.com/msgpack/msgpack/blob/master/spec.md; keys after broker.messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np

from domain.tick import TICK, Flag, Kind

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
Read = tuple[Any, int]
"""What was read, and the place after it, or REFUSED. Inside, all whole numbers have 64 bits."""

NJIT: Any = numba.njit  # its types do not tell `_nrt`
REFUSED: Final = -1
UNKNOWN: Final = 2**32 - 1
"""The place of a symbol that was not asked for."""

MOST_LISTS: Final = 200
"""A value of more lists and maps is left to the decoder, which has a limit of its own to lists in lists."""

LATEST_S: Final = 9_000_000_000
"""Seconds whose nanoseconds surely fit 63 bits; the year 2255."""

WORDS: Final = TICK.itemsize // 8
OFFSETS: Final = {name: int(found[1]) for name, found in (TICK.fields or {}).items()}
TRADE, QUOTE = int(Kind.TRADE), int(Kind.QUOTE)
AT_ASK, AT_BID = int(Flag.AT_ASK), int(Flag.AT_BID)
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


def _by_head(**ranges: int) -> Any:
    """A table by the first byte of a value, 0 but for these; `xC4_C6=1` is said of C4 to C6."""
    table = np.zeros(256, np.int64)
    for name, value in ranges.items():
        first, _, last = name[1:].partition("_")
        table[int(first, 16) : int(last or first, 16) + 1] = value
    return table


LENGTH_BYTES: Final = _by_head(
    xC4=1, xC5=2, xC6=4, xC7=1, xC8=2, xC9=4, xD9=1, xDA=2, xDB=4, xDC=2, xDD=4, xDE=2, xDF=4
)
"""How many bytes tell the length of what follows."""

BODY_BYTES: Final = _by_head(
    xC7_C9=1, xCA=4, xCB=8, xCC=1, xCD=2, xCE=4, xCF=8, xD0=1, xD1=2, xD2=4, xD3=8, xD4=2, xD5=3, xD6=5, xD7=9, xD8=17
)
"""How many bytes follow in any case."""

SHORT_LENGTH: Final = _by_head(x80_9F=15, xA0_BF=31)
"""The bits of the first byte that are a length."""

VALUES_EACH: Final = _by_head(x80_8F=2, xDE_DF=2, x90_9F=1, xDC_DD=1)
"""How many values the length of a map or a list counts; 0 for what holds bytes."""

MAP, LIST, TEXT = 1, 2, 3
FORM: Final = _by_head(x80_8F=MAP, xDE_DF=MAP, x90_9F=LIST, xDC_DD=LIST, xA0_BF=TEXT, xD9_DB=TEXT)


def compiled(function: Compiled) -> Compiled:
    """The function as machine code, a part of `parse` and kept with it.

    Nothing in here makes an array, so that nobody need count who holds one (`_nrt`): the counting took half of the time.
    """
    return cast(Compiled, NJIT(nogil=True, _nrt=False)(function))


def inlined(function: Compiled) -> Compiled:
    """The same, and copied to where it is called from: a call costs more than these do."""
    return cast(Compiled, NJIT(nogil=True, _nrt=False, forceinline=True)(function))


def kept(function: Compiled) -> Compiled:
    """The same for what is called from outside: compiled at its first call and kept in a file beside this one."""
    return cast(Compiled, NJIT(nogil=True, _nrt=False, cache=True)(function))


@inlined
def big_endian(data: Any, at: int, size: int) -> Any:
    """An unsigned number of so many bytes."""
    value, first = np.uint64(0), np.uint64(at)  # unsigned places spare the question whether they count from the end
    for place in range(np.uint64(size)):
        value = value << np.uint64(8) | np.uint64(data[first + place])
    return value


@inlined
def length_of(form: int, data: Any, at: int, end: int) -> Read:
    """How long a map, list or text is, and where what it holds begins."""
    if at >= end:
        return 0, REFUSED
    head = np.uint64(data[np.uint64(at)])
    size = LENGTH_BYTES[head]
    if FORM[head] != form or size >= end - at:
        return 0, REFUSED
    if size == 0:
        return np.int64(head) & SHORT_LENGTH[head], at + 1
    return np.int64(big_endian(data, at + 1, size)), at + 1 + size


@inlined
def text(data: Any, at: int, end: int) -> Read:
    """Where a text begins and ends."""
    length, start = length_of(TEXT, data, at, end)
    if start < 0 or length > end - start:
        return 0, REFUSED
    return start, start + length


@compiled
def skip(data: Any, at: int, end: int) -> int:
    """The place after a value of any form. A loop and a count, because compiled code that calls itself cannot be kept."""
    waiting, opened = np.int64(1), 0
    while waiting > 0:
        if at >= end or data[at] == 0xC1 or waiting > end - at or opened > MOST_LISTS:
            return REFUSED
        head = np.int64(data[at])
        fixed = LENGTH_BYTES[head] + BODY_BYTES[head]
        if fixed >= end - at:
            return REFUSED
        count = np.int64(big_endian(data, at + 1, LENGTH_BYTES[head])) + (head & SHORT_LENGTH[head])
        at += 1 + fixed
        waiting += VALUES_EACH[head] * count - 1
        if VALUES_EACH[head] > 0:
            opened += 1
        elif count > end - at:
            return REFUSED
        else:
            at += count
    return at


@compiled
def integer(data: Any, at: int, end: int) -> Read:
    """A whole number of 64 bits with sign."""
    if at >= end:
        return 0, REFUSED
    head = np.int64(data[at])
    if head < 0x80:
        return head, at + 1
    if head >= 0xE0:
        return head - 256, at + 1
    size = BODY_BYTES[head]
    if head < 0xCC or head > 0xD3 or size >= end - at:
        return 0, REFUSED
    value = np.int64(big_endian(data, at + 1, size))
    if head >= 0xD0 and size < 8 and value >> (8 * size - 1):
        value -= np.int64(1) << (8 * size)
    if head == 0xCF and value < 0:
        return 0, REFUSED
    return value, at + 1 + size


@inlined
def number(data: Any, at: int, end: int) -> Read:
    """A number of any form, as the bits of a float64."""
    if end - at > 8 and data[np.uint64(at)] == 0xCB:
        return np.int64(big_endian(data, at + 1, 8)), at + 9
    if end - at > 4 and data[np.uint64(at)] == 0xCA:
        single = np.uint32(big_endian(data, at + 1, 4)).view(np.float32)
        return np.float64(single).view(np.int64), at + 5
    value, after = integer(data, at, end)
    return np.float64(value).view(np.int64), after


@compiled
def odd_time(data: Any, at: int, end: int) -> Read:
    """Nanoseconds UTC of a timestamp of 32 or 96 bits."""
    seconds, nanoseconds, size = np.int64(0), np.int64(0), 0
    if end - at >= 6 and data[at] == 0xD6 and data[at + 1] == 0xFF:
        seconds, size = np.int64(big_endian(data, at + 2, 4)), 6
    elif end - at >= 15 and data[at] == 0xC7 and data[at + 1] == 12 and data[at + 2] == 0xFF:
        seconds, nanoseconds = np.int64(big_endian(data, at + 7, 8)), np.int64(big_endian(data, at + 3, 4))
        size = 15
    if size == 0 or seconds < 0 or seconds > LATEST_S:
        return 0, REFUSED
    return seconds * 1_000_000_000 + nanoseconds, at + size


@inlined
def time(data: Any, at: int, end: int) -> Read:
    """Nanoseconds UTC of a timestamp; Alpaca sends the form of 64 bits."""
    if end - at < 10 or data[np.uint64(at)] != 0xD7 or data[np.uint64(at + 1)] != 0xFF:
        return odd_time(data, at, end)
    value = big_endian(data, at + 2, 8)
    seconds = np.int64(value & np.uint64(2**34 - 1))
    if seconds > LATEST_S:
        return 0, REFUSED
    return seconds * 1_000_000_000 + np.int64(value >> np.uint64(34)), at + 10


@inlined
def letter(data: Any, at: int, end: int) -> Read:
    """The first letter of a plain text, 0 if it is empty."""
    start, stop = text(data, at, end)
    for place in range(start, stop):
        if data[np.uint64(place)] >= 0x80:
            return 0, REFUSED
    return (np.int64(data[np.uint64(start)]) if stop > start else 0), stop


@compiled
def conditions(data: Any, at: int, end: int) -> Read:
    """Conditions packed as `pack_conditions` does: a list of texts, or none. One text of several letters is rare."""
    if at < end and data[at] == 0xC0:
        return 0, at + 1
    count, start = length_of(LIST, data, at, end)
    alone = start < 0
    if alone:
        count, start = 1, at
    packed = np.int64(0)
    for place in range(min(count, end - at)):
        code, after = letter(data, start, end)
        if after < 0 or (alone and after - start > 2):
            return 0, REFUSED
        packed |= code << 8 * place if place < 4 else 0
        start = after
    return packed, start if count <= end - at else REFUSED


@inlined
def taker(data: Any, at: int, end: int) -> Read:
    """The flag of the side that took liquidity, which one letter tells."""
    side, after = letter(data, at, end)
    if after - at > 2:
        return 0, REFUSED
    return (AT_ASK if side == 0x42 else AT_BID if side == 0x53 else 0), after


@inlined
def mixed(data: Any, start: int, stop: int) -> Any:
    """A number for a text, where the search for it in a table of symbols begins."""
    value = np.uint64(stop - start)
    for place in range(start, stop):
        value = (value ^ np.uint64(data[np.uint64(place)])) * np.uint64(0x100000001B3)
    return np.int64(value >> np.uint64(16))


@kept
def enter_symbols(names: Any, ends: Any, places: Any, slots: Any) -> None:
    """Fill an empty table of symbols; it has at least twice as many rows, a power of two, as there are names."""
    start = 0
    for number in range(len(ends)):
        slot = mixed(names, start, ends[number]) & (len(slots) - 1)
        while slots[slot, 1] != 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot, 0], slots[slot, 1], slots[slot, 2] = start, ends[number] + 1, places[number]
        start = ends[number]


@compiled
def place_of(data: Any, at: int, end: int, names: Any, slots: Any) -> Read:
    """The place of the symbol that a text names, or UNKNOWN. A row of `slots` is (start, end + 1, place), all 0 if empty."""
    start, stop = text(data, at, end)
    if stop < 0:
        return 0, REFUSED
    slot = mixed(data, start, stop) & (len(slots) - 1)
    while slots[slot, 1] != 0:
        name = slots[slot, 0]
        letter_at = start if slots[slot, 1] - 1 - name == stop - start else stop + 1
        while letter_at < stop and data[np.uint64(letter_at)] == names[np.uint64(name + letter_at - start)]:
            letter_at += 1
        if letter_at == stop:
            return slots[slot, 2], stop
        slot = (slot + 1) & (len(slots) - 1)
    return UNKNOWN, letter(data, at, end)[1]


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
