"""Closed bars in the store: chunks of 64 by ordinal, so that a new bar rewrites one small value, and an extent a series."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.bar import BAR, Bars
from market_cache.seal import seal, unseal
from market_cache.store import Key

CHUNK: Final = 64
GetMany = Callable[..., Mapping[Key, bytes] | None]
_EXTENT: Final = struct.Struct("<qq")


@dataclass(frozen=True, slots=True)
class Extent:
    """The ordinals of the first and the last bar of a series; none if last < first."""

    first: int
    last: int

    def pack(self) -> bytes:
        """The extent as bytes."""
        return seal(_EXTENT.pack(self.first, self.last))

    def with_ordinals(self, ordinals: Collection[int]) -> Extent:
        """The extent that holds these too."""
        if not ordinals:
            return self
        first, last = min(ordinals), max(ordinals)
        return Extent(first, last) if self.last < self.first else Extent(min(self.first, first), max(self.last, last))

    @classmethod
    def unpack(cls, stored: bytes | None) -> Extent:
        """The extent that the bytes hold; an empty one for anything else."""
        data = unseal(stored)
        return cls(*_EXTENT.unpack(data)) if data is not None and len(data) == _EXTENT.size else cls(0, -1)


def extent_key(symbol: str, interval: str) -> str:
    """Where the extent of a series is."""
    return f"bars:{symbol}:{interval}"


def chunk_key(symbol: str, interval: str, number: int) -> str:
    """Where a chunk of a series is; chunk k holds the ordinals from k * CHUNK."""
    return f"bars:{symbol}:{interval}:{number}"


def pack_chunk(chunk: Bars) -> bytes:
    """The chunk as bytes."""
    return seal(chunk.tobytes())


def load_chunk(stored: bytes | None) -> Bars:
    """A writable chunk: the one that the bytes hold, or an empty one."""
    data = unseal(stored)
    if data is None or len(data) != CHUNK * BAR.itemsize:
        return np.zeros(CHUNK, BAR)
    return np.frombuffer(data, BAR).copy()


def read_bars(get_many: GetMany, symbol: str, interval: str, first: int, last: int) -> Bars:
    """The bars with ordinals first to last, both included; a bar that is missing in the store has `start` 0."""
    if last < first:
        return np.zeros(0, BAR)
    numbers = range(first // CHUNK, last // CHUNK + 1)
    keys = [chunk_key(symbol, interval, number) for number in numbers]
    found = get_many(*keys) or {}
    joined = np.concatenate([load_chunk(found.get(key)) for key in keys])
    offset = first - numbers[0] * CHUNK
    return joined[offset : offset + last - first + 1]
