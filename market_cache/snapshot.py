"""The snapshot: the whole state that a reader cannot get by adding segments up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from domain.bar import BAR
from domain.interval import INTERVALS
from domain.latest import LATEST, Latest
from domain.status import DeskStatus
from domain.tick import Records
from market_cache.layout import LAYOUT
from market_cache.seal import seal, unseal

KEY: Final = "snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state as of segment `seq`.

    `latest` has a row a symbol; `forming` is a table of forming bars, a row an interval and a column a symbol, `start` 0
    where nothing forms; `ordinals`, of the same shape, is the place of each forming bar.
    """

    epoch: int
    seq: int
    first_seq: int
    ts_published: int
    symbols: tuple[str, ...]
    latest: Latest
    forming: Records
    ordinals: np.ndarray[Any, np.dtype[np.int64]]
    status: DeskStatus


class _Wire(msgspec.Struct, array_like=True):
    layout: int
    epoch: int
    seq: int
    first_seq: int
    ts_published: int
    symbols: list[str]
    latest: bytes
    forming: bytes
    ordinals: bytes
    status: DeskStatus


_decode = msgspec.msgpack.Decoder(_Wire).decode


def empty_tables(symbols: int) -> tuple[Latest, Records, np.ndarray[Any, np.dtype[np.int64]]]:
    """Tables of the right shape with nothing in them: latest, forming, ordinals."""
    shape = (len(INTERVALS), symbols)
    return np.zeros(symbols, LATEST), np.zeros(shape, BAR), np.zeros(shape, np.int64)


def pack(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes."""
    wire = _Wire(
        LAYOUT,
        snapshot.epoch,
        snapshot.seq,
        snapshot.first_seq,
        snapshot.ts_published,
        list(snapshot.symbols),
        snapshot.latest.tobytes(),
        snapshot.forming.tobytes(),
        snapshot.ordinals.tobytes(),
        snapshot.status,
    )
    return seal(msgspec.msgpack.encode(wire))


def unpack(data: bytes | None) -> Snapshot | None:
    """The snapshot that the bytes hold; None if they are not a whole snapshot of this layout."""
    try:
        wire = _decode(unseal(data) or b"")
        shape = (len(INTERVALS), len(wire.symbols))
        if wire.layout != LAYOUT:
            return None
        return Snapshot(
            wire.epoch,
            wire.seq,
            wire.first_seq,
            wire.ts_published,
            tuple(wire.symbols),
            np.frombuffer(wire.latest, LATEST).reshape(len(wire.symbols)),
            np.frombuffer(wire.forming, BAR).reshape(shape),
            np.frombuffer(wire.ordinals, np.int64).reshape(shape),
            wire.status,
        )
    except (msgspec.DecodeError, ValueError, TypeError, KeyError):
        return None
