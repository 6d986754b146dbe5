"""The additions: several segments joined, so that a reader that comes a tenth of a second later adds them up in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.latest import Latest, take_latest
from domain.tick import TICK, Flag, Records
from market_cache.segment import Part

_BACKFILLED: Final = int(Flag.BACKFILLED)


@dataclass(frozen=True, slots=True)
class Additions:
    """Ticks in order, and for each the seq and ts_recv of the segment that brought it."""

    ticks: Records
    seqs: NDArray[np.int64]
    ts_recvs: NDArray[np.int64]


def join(segments: Sequence[Part]) -> Additions:
    """What these segments add; there must be at least one."""
    counts = [segment.n_ticks for segment in segments]
    seqs = np.repeat(np.array([segment.seq for segment in segments], np.int64), counts)
    ts_recvs = np.repeat(np.array([segment.ts_recv for segment in segments], np.int64), counts)
    return Additions(np.frombuffer(b"".join([segment.ticks for segment in segments]), TICK), seqs, ts_recvs)


def take_additions(latest: Latest, added: Additions) -> None:
    """Bring the latest table up to date. History makes no symbol look fresh."""
    take_latest(latest, added.ticks)
    symbols, backfilled = added.ticks["symbol"], added.ticks["flags"] & _BACKFILLED
    if backfilled.any():
        live = backfilled == 0
        latest["ts_recv"][symbols[live]] = added.ts_recvs[live]
    else:
        latest["ts_recv"][symbols] = added.ts_recvs
