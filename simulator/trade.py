"""A trade: one public print."""

from __future__ import annotations

from typing import Literal

import msgspec

Update = Literal["", "canceled", "incorrect", "corrected"]


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print; `trade_id` grows within a symbol; `price` in USD, `size` in shares or coins.

    `update` says what became of it later ("Market Data API", field u): "" nothing, "canceled", "incorrect" = another
    print stands for it, "corrected" = it stands for another.
    """

    symbol: str
    ts_event: int
    trade_id: int
    price: float
    size: float
    exchange: str
    tape: str
    conditions: tuple[str, ...] = ("@",)
    update: Update = ""

    @property
    def is_valid(self) -> bool:
        """Whether it counts in bars and as the last trade."""
        return self.update not in ("canceled", "incorrect")


class CryptoTrade(Trade, frozen=True, gc=False):
    """A print of a coin; `taker_side` is the side that did not rest, B or S."""

    taker_side: Literal["B", "S"] = "B"


class OptionTrade(Trade, frozen=True, gc=False):
    """A print of an option contract; `size` in contracts."""
