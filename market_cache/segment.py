"""The segment: what one publication adds, as bytes: a header, the raw ticks, and the bars that closed or changed."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from domain.closed_bar import CLOSED_BAR
from domain.tick import TICK, Records
from market_cache.layout import LAYOUT

HEADER: Final = struct.Struct("<4sIqqqqIII")
"""magic, layout, epoch, seq, ts_recv, ts_published, ticks, closed bars, crc32 of what follows."""

MAGIC: Final = b"TDSG"
NO_BARS: Final = np.zeros(0, CLOSED_BAR)


@dataclass(frozen=True, slots=True)
class Segment:
    """One publication. `ts_recv` is when its oldest frame arrived, by the worker's wall clock in nanoseconds."""

    epoch: int
    seq: int
    ts_recv: int
    ts_published: int
    ticks: Records
    closed: Records


def pack(segment: Segment) -> bytes:
    """The segment as bytes."""
    body = segment.ticks.tobytes() + segment.closed.tobytes()
    header = HEADER.pack(
        MAGIC,
        LAYOUT,
        segment.epoch,
        segment.seq,
        segment.ts_recv,
        segment.ts_published,
        len(segment.ticks),
        len(segment.closed),
        zlib.crc32(body),
    )
    return header + body


class Part(NamedTuple):
    """A segment whose ticks are bytes still: a reader joins those of several and looks at them once."""

    epoch: int
    seq: int
    ts_recv: int
    ts_published: int
    n_ticks: int
    ticks: memoryview
    closed: Records


def unpack(data: bytes | None) -> Segment | None:
    """The segment that the bytes hold, without copying them; None if they are not a whole segment of this layout."""
    part = unpack_part(data)
    if part is None:
        return None
    return Segment(*part[:4], np.frombuffer(part.ticks, TICK), part.closed)


def unpack_part(data: bytes | None) -> Part | None:
    """As `unpack`, in half the time."""
    if data is None or len(data) < HEADER.size:
        return None
    magic, layout, epoch, seq, ts_recv, ts_published, n_ticks, n_closed, crc = HEADER.unpack_from(data)
    split = HEADER.size + n_ticks * TICK.itemsize
    if magic != MAGIC or layout != LAYOUT or len(data) != split + n_closed * CLOSED_BAR.itemsize:
        return None
    body = memoryview(data)[HEADER.size :]
    if zlib.crc32(body) != crc:
        return None
    if not n_closed:
        return Part(epoch, seq, ts_recv, ts_published, n_ticks, body, NO_BARS)
    closed = np.frombuffer(data, CLOSED_BAR, n_closed, split)
    return Part(epoch, seq, ts_recv, ts_published, n_ticks, body[: split - HEADER.size], closed)
