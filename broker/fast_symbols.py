"""The table of symbols of the fast lane, compiled: from the letters of a symbol to its place."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from broker.fast_compile import compiled, inlined, kept
from broker.fast_values import REFUSED, Read, letter, text

UNKNOWN: Final = 2**32 - 1
"""The place of a symbol that was not asked for."""


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
