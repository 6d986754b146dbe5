"""The additions: several segments joined, so that a reader that comes a tenth of a second later adds them up in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.latest import Latest, take_latest
from domain.tick import TICK, Flag, Records
from market_cache.segment import Segment

_RAW: Final = np.dtype(f"V{TICK.itemsize}")
_BACKFILLED: Final = int(Flag.BACKFILLED)


@dataclass(frozen=True, slots=True)
class Additions:
    """Ticks in order, and for each the seq and ts_recv of the segment that brought it."""

    ticks: Records
    seqs: NDArray[np.int64]
    ts_recvs: NDArray[np.int64]

    def of(self, symbol: int) -> Additions:
        """Those of one symbol, by its index."""
        mine = self.ticks["symbol"] == symbol
        return Additions(self.ticks[mine], self.seqs[mine], self.ts_recvs[mine])


def join(segments: Sequence[Segment]) -> Additions:
    """What these segments add; there must be at least one."""
    counts = [len(segment.ticks) for segment in segments]
    seqs = np.repeat(np.array([segment.seq for segment in segments], np.int64), counts)
    ts_recvs = np.repeat(np.array([segment.ts_recv for segment in segments], np.int64), counts)
    return Additions(_concatenate([segment.ticks for segment in segments]), seqs, ts_recvs)


def by_symbol(several: Sequence[Additions]) -> Iterator[tuple[int, Additions]]:
    """The ticks of each symbol, in order, out of all of these."""
    ticks = _concatenate([added.ticks for added in several])
    order = np.argsort(ticks["symbol"], kind="stable")
    seqs, ts_recvs = (
        np.concatenate([getattr(added, name) for added in several])[order] for name in ("seqs", "ts_recvs")
    )
    ticks = ticks[order]
    borders = np.flatnonzero(np.diff(ticks["symbol"].astype(np.int64), prepend=-1, append=-1)).tolist()
    for begin, end in pairwise(borders):
        inside = slice(begin, end)
        yield int(ticks["symbol"][begin]), Additions(ticks[inside], seqs[inside], ts_recvs[inside])


def _concatenate(batches: list[Records]) -> Records:
    """As raw bytes: numpy would compare the fields of each batch with those of the others first."""
    joined: Records = np.concatenate([np.zeros(0, _RAW), *(batch.view(_RAW) for batch in batches)]).view(TICK)
    return joined


def take_additions(latest: Latest, added: Additions) -> None:
    """Bring the latest table up to date. History makes no symbol look fresh."""
    take_latest(latest, added.ticks)
    live = added.ticks["flags"] & _BACKFILLED == 0
    latest["ts_recv"][added.ticks["symbol"][live]] = added.ts_recvs[live]
