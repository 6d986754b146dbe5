"""The latest of a symbol: its last trade, its last quote, and when the worker got them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.tick import IS_QUOTE, TICK, Flag, Records, trades_of

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

_OF_TICK: Final = np.dtype({"names": ["quote"], "formats": ["V40"], "offsets": [0], "itemsize": TICK.itemsize})
_OF_LATEST: Final = np.dtype({"names": ["quote"], "formats": ["V40"], "offsets": [24], "itemsize": LATEST.itemsize})
"""Time, prices and sizes of a quote: 40 bytes, in the same order in both records, moved as one value and not field by field."""

Latest = NDArray[np.void]


def take_latest(latest: Latest, ticks: Records) -> None:
    """Bring prices and sizes up to date with ticks in order of arrival. A late trade is not the latest, nor is an unpriced one."""
    quotes = np.flatnonzero(ticks["kind"] == IS_QUOTE)
    if len(quotes) < len(ticks):
        _take_trades(latest, trades_of(ticks))
    latest.view(_OF_LATEST)["quote"][ticks["symbol"][quotes]] = ticks.view(_OF_TICK)["quote"][quotes]


def _take_trades(latest: Latest, trades: Records) -> None:
    symbols, times = trades["symbol"], trades["ts_event"]
    stands = (times >= latest["trade_ts_event"][symbols]) & (trades["flags"] & UNPRICED == 0)
    if not stands.all():
        trades = rows.pick(trades, stands)
        symbols, times = trades["symbol"], trades["ts_event"]
    if (times[1:] < times[:-1]).any():
        trades = rows.pick(trades, np.argsort(times, kind="stable"))
        symbols, times = trades["symbol"], trades["ts_event"]
    # of several rows with one symbol numpy keeps the last, which is the newest
    latest["trade_ts_event"][symbols] = times
    latest["price"][symbols], latest["size"][symbols] = trades["price"], trades["size"]
