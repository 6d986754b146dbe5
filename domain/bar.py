"""The bar: open, high, low, close, volume, trade count and vwap of one interval, and the arithmetic of joining bars.

A bar covers [start, start + length) by event time. `vwap` is kept as `notional` (price times size, summed), so that two
bars join without loss. `final` is 1 once the market's clock has passed the end of the interval; a final bar that changes
is published again with a higher `revision`. `first_at` and `last_at` are the event times of the first and last trade in it: what
decides open and close when a trade comes late.

Not every trade counts for prices (domain/conditions.py). A bar that has only such trades so far is *unpriced*: it carries
volume and waits. It is never shown or closed, as Alpaca has no bar for it either. A bar that lost its trades by cancels is
*emptied*: flat at the price before it, nothing traded. It keeps its place on the chart and counts for nothing else.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


class Source(IntEnum):
    """Who made the bar: the desk from trades, or Alpaca (stream or history). Alpaca's word is the last."""

    TRADES = 0
    ALPACA = 1


OF_TRADES: Final = np.uint8(Source.TRADES)
"""What a column of sources is compared with: with a member of an enum numpy takes 15 times as long."""

BAR = np.dtype(
    [
        ("start", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("trade_count", "<i8"),
        ("notional", "<f8"),
        ("revision", "<u4"),
        ("final", "u1"),
        ("source", "u1"),
        ("pad", "<u2"),
        ("first_at", "<i8"),
        ("last_at", "<i8"),
    ]
)

Bars = NDArray[np.void]
Bar = Any
"""One BAR record."""

UNPRICED_FIRST: Final = np.iinfo(np.int64).max
UNPRICED_LAST: Final = -1
"""`first_at` and `last_at` of an unpriced bar; its high and low are minus and plus infinity, so that joining needs no question."""


def vwap(bar: Bar) -> float:
    """The volume-weighted average price in USD; the close where nothing was traded."""
    return float(bar["notional"] / bar["volume"]) if bar["volume"] else float(bar["close"])


def is_priced(bars: Any) -> Any:
    """Whether a trade has set a price: of one bar or of each."""
    return bars["last_at"] != UNPRICED_LAST


def is_emptied(bars: Any) -> Any:
    """Whether all trades were cancelled. (Alpaca's bars of crypto may have no trade and yet prices, of quotes.)"""
    return (bars["trade_count"] == 0) & (bars["source"] == OF_TRADES)


def emptied(bar: Bar, price: float) -> Bar:
    """The bar without any trade, flat at a price."""
    empty = bar.copy()
    for name in ("open", "high", "low", "close"):
        empty[name] = price
    for name in ("volume", "trade_count", "notional"):
        empty[name] = 0
    empty["source"] = Source.TRADES
    return empty


def finished(bar: Bar, source: Source) -> Bar:
    """The bar as it is closed."""
    final = bar.copy()
    final["final"], final["source"] = 1, source
    return final


def same_prints(ours: Bar, theirs: Bar) -> bool:
    """Whether two bars tell of the same trades: open, high, low, close, volume and trade count are equal."""
    return same_volume(ours, theirs) and all(ours[name] == theirs[name] for name in ("open", "high", "low", "close"))


def same_volume(ours: Bar, theirs: Bar) -> bool:
    """Whether as much was traded; fractions of a coin may be summed in another order than ours."""
    close_enough = abs(ours["volume"] - theirs["volume"]) <= 1e-9 * abs(theirs["volume"])
    return bool(close_enough and ours["trade_count"] == theirs["trade_count"])


def join(bars: Bars, start: int) -> Bar:
    """One bar out of consecutive ones (at least one), oldest first, stamped `start`. Not final; revision 0."""
    joined = np.zeros((), BAR)
    joined["start"] = start
    joined["open"] = bars["open"][0]
    joined["high"] = bars["high"].max()
    joined["low"] = bars["low"].min()
    joined["close"] = bars["close"][-1]
    joined["first_at"] = bars["first_at"][0]
    joined["last_at"] = bars["last_at"][-1]
    for name in ("volume", "trade_count", "notional"):
        joined[name] = bars[name].sum()
    return joined[()]
