"""The layout: one number for the shape of everything in the cache. A program of another layout reads nothing of it."""

from __future__ import annotations

import zlib
from typing import Final

from domain.bar import BAR
from domain.closed_bar import CLOSED_BAR
from domain.interval import INTERVALS
from domain.latest import LATEST
from domain.tick import TICK

VERSION: Final = 2
"""To be raised when the meaning of something changes and its shape does not; 2: sealed values, documents."""

LAYOUT: Final = zlib.crc32(
    repr((VERSION, INTERVALS, *(kind.descr for kind in (TICK, BAR, CLOSED_BAR, LATEST)))).encode()
)
