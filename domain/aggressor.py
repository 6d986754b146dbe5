"""The aggressor: which side took liquidity in a trade, judged by the quote that stood just before it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.latest import Latest
from domain.tick import IS_QUOTE, IS_TRADE, Flag, Records

AT_ASK, AT_BID = np.uint32(Flag.AT_ASK), np.uint32(Flag.AT_BID)
ROW_BITS: Final = 32
LAST_ROW: Final = 2**ROW_BITS - 1
KNOWN_OR_PAST: Final = np.uint32(Flag.BACKFILLED) | AT_ASK | AT_BID


def mark_aggressors(ticks: Records, latest: Latest) -> None:
    """Flag each trade of a batch AT_ASK or AT_BID (or neither, inside the spread), in place.

    The batch is in order of arrival. `latest` is the state before it: it stands in where the batch has no earlier
    quote. Trades out of history are left as they are: the quotes at hand are of another time. So are those whose side
    the exchange itself has told.
    """
    judged = np.flatnonzero((ticks["kind"] == IS_TRADE) & (ticks["flags"] & KNOWN_OR_PAST == 0))
    if not len(judged):
        return
    symbols, prices = ticks["symbol"][judged], ticks["a"][judged]
    quotes = _quotes_before(ticks, judged)
    inside = quotes >= 0
    bid = np.where(inside, ticks["a"][quotes], latest["bid_price"][symbols])
    ask = np.where(inside, ticks["b"][quotes], latest["ask_price"][symbols])
    at_ask = (ask > 0) & (prices >= ask)
    at_bid = (bid > 0) & (prices <= bid) & ~at_ask
    ticks["flags"][judged] |= at_ask * AT_ASK | at_bid * AT_BID


def _quotes_before(ticks: Records, judged: NDArray[np.intp]) -> Any:
    """For each of the judged rows the row of the last quote of its symbol before it; -1 where there is none."""
    quotes = np.flatnonzero(ticks["kind"] == IS_QUOTE)
    if not len(quotes):
        return np.full(len(judged), -1)
    symbols = ticks["symbol"].astype(np.int64) << ROW_BITS
    known = symbols[quotes] | quotes  # symbol and row as one number: in order of symbol, then of arrival
    known.sort()
    asked = symbols[judged] | judged
    before = known[
        np.searchsorted(known, asked) - 1
    ]  # before the first stands the last, which is none of the same symbol
    return np.where((before < asked) & (before >> ROW_BITS == asked >> ROW_BITS), before & LAST_ROW, -1)
