"""Bars out of a batch of trades, in one vectorised pass: no work for each tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.bar import BAR, Bars
from domain.interval import LENGTH_NS
from domain.tick import Records


class PartialBars(NamedTuple):
    """What a batch adds: a bar for each symbol and start that it touches, ordered by symbol, then start."""

    symbols: NDArray[np.uint32]
    bars: Bars


def by_symbol_and_time(trades: Records) -> Records:
    """Trades ordered by symbol, then event time; those of one instant stay in the order in which they came."""
    return trades[np.lexsort((trades["ts_event"], trades["symbol"]))]


def partial_bars(trades: Records, interval: str) -> PartialBars:
    """The bars of trades that are ordered as by `by_symbol_and_time`. Prices are taken as they are, never computed."""
    if not len(trades):
        return PartialBars(trades["symbol"], np.zeros(0, BAR))
    starts = trades["ts_event"] - trades["ts_event"] % LENGTH_NS[interval]
    symbols, prices, sizes = trades["symbol"], trades["price"], trades["size"]
    changes = (starts[1:] != starts[:-1]) | (symbols[1:] != symbols[:-1])
    first = np.concatenate([[0], np.flatnonzero(changes) + 1])
    last = np.append(first[1:], len(trades)) - 1
    bars = np.zeros(len(first), BAR)
    bars["start"], bars["first_at"], bars["last_at"] = (
        starts[first],
        trades["ts_event"][first],
        trades["ts_event"][last],
    )
    bars["open"], bars["close"] = prices[first], prices[last]
    bars["high"], bars["low"] = np.maximum.reduceat(prices, first), np.minimum.reduceat(prices, first)
    bars["volume"], bars["notional"] = np.add.reduceat(sizes, first), np.add.reduceat(sizes * prices, first)
    bars["trade_count"] = last - first + 1
    return PartialBars(symbols[first], bars)


def add_bars(ours: Bars, theirs: Bars) -> Bars:
    """Bars of the same starts joined one by one. Open and close go by event time; at the same instant `ours` came first."""
    joined = ours.copy()
    earlier, later = theirs["first_at"] < ours["first_at"], theirs["last_at"] >= ours["last_at"]
    joined["open"] = np.where(earlier, theirs["open"], ours["open"])
    joined["close"] = np.where(later, theirs["close"], ours["close"])
    joined["first_at"] = np.minimum(ours["first_at"], theirs["first_at"])
    joined["last_at"] = np.maximum(ours["last_at"], theirs["last_at"])
    joined["high"] = np.maximum(ours["high"], theirs["high"])
    joined["low"] = np.minimum(ours["low"], theirs["low"])
    for name in ("volume", "notional", "trade_count"):
        joined[name] = ours[name] + theirs[name]
    return joined
