"""The tail of a symbol: its last prints and spreads, as one reader has seen them go by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.session import NS_PER_SECOND
from domain.tick import QUOTE, TRADE, Records

PRINTS: Final = 200
SPREADS: Final = 600

PRINT: Final = np.dtype([("seq", "<i8"), ("ts_event", "<i8"), ("price", "<f8"), ("size", "<f8"), ("flags", "<u4")])
SPREAD: Final = np.dtype([("seq", "<i8"), ("ts_event", "<i8"), ("spread", "<f8")])
"""`seq` is that of the publication; one spread a market second, the last of it."""

SECONDS: Final = 2**33
"""More than there are seconds until the year 2200: symbol and second fit one number."""


class Print(NamedTuple):
    """One trade as the tape shows it. `flags` holds Flag.AT_ASK or Flag.AT_BID."""

    seq: int
    ts_event: int
    price: float
    size: float
    flags: int


def prints_of(ticks: Records, seqs: NDArray[np.int64]) -> Records:
    """PRINT records of trades."""
    trades, prints = ticks.view(TRADE), np.empty(len(ticks), PRINT)
    prints["seq"] = seqs
    for name in ("ts_event", "price", "size", "flags"):
        prints[name] = trades[name]
    return prints


def spreads_of(ticks: Records, seqs: NDArray[np.int64]) -> Records:
    """SPREAD records of quotes."""
    quotes, spreads = ticks.view(QUOTE), np.empty(len(ticks), SPREAD)
    spreads["seq"], spreads["ts_event"] = seqs, quotes["ts_event"]
    spreads["spread"] = quotes["ask_price"] - quotes["bid_price"]
    return spreads


def last_of_seconds(symbols: NDArray[np.int64], ts_events: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some rows in order of symbol are the last of their symbol's second. One that is late, because a later second of
    its symbol came before, is not."""
    keys = symbols * SECONDS + ts_events // NS_PER_SECOND
    last: NDArray[np.bool_] = keys == np.maximum.accumulate(keys)
    if last.all():
        last[:-1] = keys[1:] != keys[:-1]
    else:
        keys = keys[last]
        last[last] = np.append(keys[1:] != keys[:-1], True)
    return last


def newer(rows: Iterable[Any], seq: int) -> list[Any]:
    """The rows that came after `seq`; rows start with their seq."""
    return [row for row in rows if row[0] > seq]
