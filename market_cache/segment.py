"""The segment: what one publication adds, as bytes: a header, the raw ticks, and the bars that closed or changed."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.closed_bar import CLOSED_BAR
from domain.tick import TICK, Records
from market_cache.layout import LAYOUT

HEADER: Final = struct.Struct("<4sIqqqqIII")
"""magic, layout, epoch, seq, ts_recv, ts_published, ticks, closed bars, crc32 of what follows."""

MAGIC: Final = b"TDSG"


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


def unpack(data: bytes | None) -> Segment | None:
    """The segment that the bytes hold, without copying them; None if they are not a whole segment of this layout."""
    if data is None or len(data) < HEADER.size:
        return None
    magic, layout, epoch, seq, ts_recv, ts_published, n_ticks, n_closed, crc = HEADER.unpack_from(data)
    split = HEADER.size + n_ticks * TICK.itemsize
    if (magic, layout) != (MAGIC, LAYOUT) or len(data) != split + n_closed * CLOSED_BAR.itemsize:
        return None
    if zlib.crc32(memoryview(data)[HEADER.size :]) != crc:
        return None
    ticks = np.frombuffer(data, TICK, n_ticks, HEADER.size)
    closed = np.frombuffer(data, CLOSED_BAR, n_closed, split)
    return Segment(epoch, seq, ts_recv, ts_published, ticks, closed)
