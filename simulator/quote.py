"""A quote: the best bid and ask after an event."""

from __future__ import annotations

import msgspec


class Quote(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask in USD, sizes in shares; an empty side has price 0 and size 0.

    `exchange` has the bid, and the ask too unless `ask_exchange` names another.
    """

    symbol: str
    ts_event: int
    bid_price: float
    bid_size: int
    ask_price: float
    ask_size: int
    exchange: str
    tape: str
    ask_exchange: str = ""
    conditions: tuple[str, ...] = ("R",)
