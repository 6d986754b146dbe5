"""Trades and quotes of the wire as columns of TICK records: no numpy call for each message."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import inf
from typing import Any, Final

import numpy as np

from broker.messages import Trade
from broker.wire_time import times
from domain import rows
from domain.tick import TICK, Flag, Kind, Records

TRADE, QUOTE = int(Kind.TRADE), int(Kind.QUOTE)
TAKER: Final = {"B": Flag.AT_ASK, "S": Flag.AT_BID, "": Flag(0)}


def ticks_of(messages: list[Any]) -> tuple[Records, bool]:
    """TICK records of trades and quotes, in their order; `symbol` is left to the caller.

    True with them if a glance at the extremes shows that all of them can be; False says that each must be looked at.
    """
    trades = [m for m in messages if type(m) is Trade]
    if len(trades) == len(messages):
        return _trades(trades)
    if not trades:
        return _quotes(messages)
    of_trades, trades_can_be = _trades(trades)
    of_quotes, quotes_can_be = _quotes([m for m in messages if type(m) is not Trade])
    is_trade = np.frombuffer(bytes([type(m) is Trade for m in messages]), np.bool_)
    ticks = np.empty(len(messages), TICK)
    rows.put(ticks, is_trade, of_trades)
    rows.put(ticks, ~is_trade, of_quotes)
    return ticks, trades_can_be and quotes_can_be


def _trades(trades: list[Any]) -> tuple[Records, bool]:
    ticks = np.zeros(len(trades), TICK)
    at, prices, sizes = times([m.t for m in trades]), _floats([m.p for m in trades]), _floats([m.s for m in trades])
    ticks["kind"], ticks["ts_event"], ticks["a"], ticks["c"] = TRADE, at, prices, sizes
    ticks["id"] = integers([m.i for m in trades])
    ticks["exchange"] = _letters([m.x for m in trades])
    ticks["tape"] = _letters([m.z for m in trades])
    ticks["conditions"] = _conditions([m.c for m in trades])
    takers = [m.tks for m in trades]
    if any(takers):
        ticks["flags"] = [TAKER.get(taker, 0) for taker in takers]
    return ticks, bool(at.min() > 0 and prices.min() > 0 and sizes.min() > 0 and prices.max() + sizes.max() < inf)


def _quotes(quotes: list[Any]) -> tuple[Records, bool]:
    ticks = np.zeros(len(quotes), TICK)
    at, bids, asks = times([m.t for m in quotes]), _floats([m.bp for m in quotes]), _floats([m.ap for m in quotes])
    sizes = _floats([m.bs for m in quotes] + [m.ap_size for m in quotes])
    ticks["kind"], ticks["ts_event"], ticks["a"], ticks["b"] = QUOTE, at, bids, asks
    ticks["c"], ticks["d"] = sizes[: len(quotes)], sizes[len(quotes) :]
    ticks["exchange"] = _letters([m.bx for m in quotes])
    ticks["other_exchange"] = _letters([m.ax for m in quotes])
    ticks["tape"] = _letters([m.z for m in quotes])
    not_negative = at.min() > 0 and bids.min() >= 0 and sizes.min() >= 0
    return ticks, bool(not_negative and (bids <= asks).all() and asks.max() + sizes.max() < inf)


def _floats(values: list[float]) -> Any:
    """A column of numbers: `struct` takes a third of the time that numpy needs to look at each."""
    return np.frombuffer(struct.pack(f"{len(values)}d", *values))


def integers(values: list[int]) -> Any:
    """A column of whole numbers."""
    return np.frombuffer(struct.pack(f"{len(values)}q", *values), np.int64)


def _letters(codes: list[str]) -> Any:
    joined = "".join(codes)
    if not joined:
        return 0
    if len(joined) == len(codes) and joined.isascii() and "" not in codes:
        return np.frombuffer(joined.encode(), np.uint8)
    return [letter(code) for code in codes]


def _conditions(codes: list[Any]) -> Any:
    """Most trades have the one of few sets of conditions: each set is packed once a batch."""
    packed: dict[Any, int] = {}
    column = []
    for each in codes:
        key = tuple(each) if type(each) is list else each
        value = packed.get(key)
        if value is None:
            value = packed[key] = pack_conditions(key)
        column.append(value)
    return integers(column)


def letter(code: str) -> int:
    """A one-letter code as a byte; 0 for none."""
    return ord(code[0]) & 0xFF if code else 0


def pack_conditions(codes: Sequence[str] | None) -> int:
    """Up to four one-letter trade conditions packed into 32 bits, the first in the lowest byte."""
    packed = 0
    for place, code in enumerate((codes or ())[:4]):
        packed |= letter(code) << 8 * place
    return packed
