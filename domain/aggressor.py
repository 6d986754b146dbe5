"""The aggressor: which side took liquidity in a trade, judged by the quote that stood just before it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.latest import Latest
from domain.tick import QUOTE, TRADE, Flag, Kind, Records

KNOWN_OR_PAST: Final = Flag.BACKFILLED | Flag.AT_ASK | Flag.AT_BID


def mark_aggressors(ticks: Records, latest: Latest) -> None:
    """Flag each trade of a batch AT_ASK or AT_BID (or neither, inside the spread), in place.

    The batch is in order of arrival. `latest` is the state before it: it stands in where the batch has no earlier
    quote. Trades out of history are left as they are: the quotes at hand are of another time. So are those whose side
    the exchange itself has told.
    """
    order = np.argsort(ticks["symbol"], kind="stable")
    rows = ticks[order]
    trade = (rows["kind"] == Kind.TRADE) & (rows["flags"] & KNOWN_OR_PAST == 0)
    if not trade.any():
        return
    bid, ask = _quotes_before(rows, latest)
    price = rows.view(TRADE)["price"]
    at_ask = trade & (ask > 0) & (price >= ask)
    at_bid = trade & (bid > 0) & (price <= bid) & ~at_ask
    rows["flags"] |= (at_ask * np.uint32(Flag.AT_ASK) | at_bid * np.uint32(Flag.AT_BID)).astype(np.uint32)
    ticks["flags"][order] = rows["flags"]


def _quotes_before(rows: Records, latest: Latest) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Best bid and ask that stood at each row; rows are grouped by symbol."""
    place = np.arange(len(rows))
    last_quote = np.maximum.accumulate(np.where(rows["kind"] == Kind.QUOTE, place, -1))
    group_begin = np.concatenate([[True], rows["symbol"][1:] != rows["symbol"][:-1]])
    begin = np.maximum.accumulate(np.where(group_begin, place, 0))
    inside = last_quote >= begin
    quotes = rows.view(QUOTE)[np.maximum(last_quote, 0)]
    before = latest[rows["symbol"]]
    bid = np.where(inside, quotes["bid_price"], before["bid_price"])
    ask = np.where(inside, quotes["ask_price"], before["ask_price"])
    return bid, ask
