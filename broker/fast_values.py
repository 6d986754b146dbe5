"""Values of MessagePack out of bytes, compiled: what the fast lane reads.

Functions return the place after what they read, or REFUSED if it is not what was expected or not whole; none reads at or
beyond `end`. What is refused is left to the decoder of broker.messages, which is the judge. Each is called from few places,
because every call is a copy of its code.

Forms after github.com/msgpack/msgpack/blob/master/spec.md.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from broker.fast_compile import compiled, inlined
from domain.tick import Flag

Read = tuple[Any, int]
"""What was read, and the place after it, or REFUSED. Inside, all whole numbers have 64 bits."""

REFUSED: Final = -1
MOST_LISTS: Final = 200
"""A value of more lists and maps is left to the decoder, which has a limit of its own to lists in lists."""

LATEST_S: Final = 9_000_000_000
"""Seconds whose nanoseconds surely fit 63 bits; the year 2255."""

AT_ASK, AT_BID = int(Flag.AT_ASK), int(Flag.AT_BID)


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
