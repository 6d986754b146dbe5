"""A quote: the best bid and ask after an event."""

from __future__ import annotations

import msgspec


class Quote(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask in USD, sizes in shares or coins; an empty side has price 0 and size 0.

    `exchange` has the bid, and the ask too unless `ask_exchange` names another.
    """

    symbol: str
    ts_event: int
    bid_price: float
    bid_size: float
    ask_price: float
    ask_size: float
    exchange: str
    tape: str
    ask_exchange: str = ""
    conditions: tuple[str, ...] = ("R",)


class CryptoQuote(Quote, frozen=True, gc=False):
    """The touch of a coin's book: no exchange, no tape."""


class OptionQuote(Quote, frozen=True, gc=False):
    """The touch of an option contract; sizes in contracts."""
