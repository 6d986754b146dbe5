"""A trade: one public print."""

from __future__ import annotations

import msgspec


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One print; `trade_id` grows within a symbol; `price` in USD, `size` in shares."""

    symbol: str
    ts_event: int
    trade_id: int
    price: float
    size: int
    exchange: str
    tape: str
