"""The additions: several segments joined, so that a reader that comes a tenth of a second later adds them up in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.latest import Latest
from domain.tick import Flag, Records, quotes_of, trades_of
from market_cache.segment import Segment


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
    ticks: Any = np.concatenate([segment.ticks for segment in segments])
    seqs = np.repeat(np.array([segment.seq for segment in segments], np.int64), counts)
    return Additions(ticks, seqs, np.repeat(np.array([segment.ts_recv for segment in segments], np.int64), counts))


def take_latest(latest: Latest, added: Additions) -> None:
    """Bring the latest table up to date. Of several rows with one symbol numpy keeps the last; a late trade is not the latest."""
    trades, quotes = trades_of(added.ticks), quotes_of(added.ticks)
    trades = trades[trades["ts_event"] >= latest["trade_ts_event"][trades["symbol"]]]
    trades = trades[np.argsort(trades["ts_event"], kind="stable")]
    latest["trade_ts_event"][trades["symbol"]] = trades["ts_event"]
    latest["quote_ts_event"][quotes["symbol"]] = quotes["ts_event"]
    for name in ("price", "size"):
        latest[name][trades["symbol"]] = trades[name]
    for name in ("bid_price", "ask_price", "bid_size", "ask_size"):
        latest[name][quotes["symbol"]] = quotes[name]
    live = added.ticks["flags"] & Flag.BACKFILLED == 0
    latest["ts_recv"][added.ticks["symbol"][live]] = added.ts_recvs[live]
