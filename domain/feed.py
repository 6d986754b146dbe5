"""The feed: which of Alpaca's data streams a symbol comes by."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

OCC: Final = re.compile(r"[A-Z]{1,6}\d{6}[CP]\d{8}")
"""Root, expiry (YYMMDD), call or put, strike in thousandths: AAPL261218C00200000 (Options Clearing Corporation)."""

LONGEST_SYMBOL: Final = 21
"""That of an option contract with a root of six letters."""


class Feed(StrEnum):
    """One websocket each; Alpaca allows one connection a feed and account."""

    STOCKS = "stocks"
    CRYPTO = "crypto"
    OPTIONS = "options"
    NEWS = "news"


OPTION_SHARES: Final = 100
"""A contract is for so many shares, and its price is of one of them."""


def feed_of(symbol: str) -> Feed:
    """Where the trades and quotes of a symbol come from: BTC/USD is crypto, AAPL261218C00200000 an option."""
    if "/" in symbol:
        return Feed.CRYPTO
    return Feed.OPTIONS if OCC.fullmatch(symbol) else Feed.STOCKS


def shares_a_unit(symbol: str) -> int:
    """How many shares (or coins) one of a quantity stands for: a price times a quantity times this is money."""
    return OPTION_SHARES if feed_of(symbol) is Feed.OPTIONS else 1
