"""Trades of one symbol as rows of a page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Self

from simulator.trade import Trade


def _key(trade: Trade) -> tuple[int, int]:
    return trade.ts_event, trade.trade_id


class TradeRows:
    """Trades in the order of time and id."""

    def __init__(self, trades: list[Trade]) -> None:
        self.trades = trades

    def __len__(self) -> int:
        return len(self.trades)

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(self.trades[rows])

    def between(self, start: int, end: int) -> Self:
        """The trades from `start` to `end`, both included."""
        low = bisect_left(self.trades, start, key=lambda trade: trade.ts_event)
        high = bisect_right(self.trades, end, key=lambda trade: trade.ts_event)
        return self[low:high]

    def key(self, index: int) -> tuple[int, int]:
        """What places a row among the others: time and id."""
        return _key(self.trades[index])

    def count_until(self, key: tuple[int, int], *, included: bool) -> int:
        """How many rows come before a key."""
        return (bisect_right if included else bisect_left)(self.trades, key, key=_key)
