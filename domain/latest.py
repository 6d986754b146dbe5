"""The latest of a symbol: its last trade, its last quote, and when the worker got them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.tick import TICK, Flag, Kind, Records, trades_of

LATEST = np.dtype(
    [
        ("trade_ts_event", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("quote_ts_event", "<i8"),
        ("bid_price", "<f8"),
        ("ask_price", "<f8"),
        ("bid_size", "<f8"),
        ("ask_size", "<f8"),
        ("ts_recv", "<i8"),
        ("previous_close", "<f8"),
    ]
)
"""`ts_recv`: the worker's clock in nanoseconds when the symbol's last event came, 0 = never. A price of 0 = none yet.
`previous_close`: the close of the last finished trading day, 0 = unknown."""

UNPRICED: Final = np.uint32(Flag.UNPRICED)

QUOTED: Final = int(Kind.QUOTE)

_OF_TICK: Final = np.dtype({"names": ["quote"], "formats": ["V40"], "offsets": [0], "itemsize": TICK.itemsize})
_OF_LATEST: Final = np.dtype({"names": ["quote"], "formats": ["V40"], "offsets": [24], "itemsize": LATEST.itemsize})
"""Time, prices and sizes of a quote: 40 bytes, in the same order in both records, moved as one value and not field by field."""

Latest = NDArray[np.void]


def take_latest(latest: Latest, ticks: Records) -> None:
    """Bring prices and sizes up to date with ticks in order of arrival. A late trade is not the latest, nor is an unpriced one."""
    trades, quotes = trades_of(ticks), np.flatnonzero(ticks["kind"] == QUOTED)
    stands = trades["ts_event"] >= latest["trade_ts_event"][trades["symbol"]]
    stands &= trades["flags"] & UNPRICED == 0
    if not stands.all():
        trades = rows.pick(trades, stands)
    if len(trades) > 1 and (trades["ts_event"][1:] < trades["ts_event"][:-1]).any():
        trades = rows.pick(trades, np.argsort(trades["ts_event"], kind="stable"))
    # of several rows with one symbol numpy keeps the last, which is the newest
    latest["trade_ts_event"][trades["symbol"]] = trades["ts_event"]
    for name in ("price", "size"):
        latest[name][trades["symbol"]] = trades[name]
    latest.view(_OF_LATEST)["quote"][ticks["symbol"][quotes]] = ticks.view(_OF_TICK)["quote"][quotes]
