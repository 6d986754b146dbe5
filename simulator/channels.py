"""The channels of a feed: what may be subscribed on it, and how its symbols are written.

Source: "Streaming Market Data" and the page of each feed. Which channel a message goes by is in `wire`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

EVERYTHING = "*"
BARS = ("bars", "updatedBars", "dailyBars")


@dataclass(frozen=True, slots=True)
class Channels:
    """`unspoken` ones are acknowledged only when subscribed; `followers` come and go with the trades; a feed that is
    `binary` speaks MessagePack only. No `starless` channel takes "*".
    """

    askable: tuple[str, ...]
    symbol: re.Pattern[str]
    unspoken: frozenset[str] = frozenset()
    followers: tuple[str, ...] = ()
    starless: frozenset[str] = frozenset()
    binary: bool = False

    def is_symbol(self, text: Any) -> bool:
        """Whether it is written as a symbol of this feed, or as all of them."""
        return isinstance(text, str) and (text == EVERYTHING or self.symbol.fullmatch(text) is not None)


_SHARE = re.compile(r"[A-Z][A-Z0-9]{0,11}(\.[A-Z]{1,4})?")
STOCKS = Channels(
    ("trades", "quotes", *BARS, "statuses", "lulds", "imbalances"),
    _SHARE,
    unspoken=frozenset({"imbalances"}),
    followers=("corrections", "cancelErrors"),
)
CRYPTO = Channels(("trades", "quotes", "orderbooks", *BARS), re.compile(r"[A-Z0-9]{1,12}/[A-Z]{1,6}"))
OPTIONS = Channels(
    ("trades", "quotes"), re.compile(r"[A-Z]{1,6}\d{6}[CP]\d{8}"), starless=frozenset({"quotes"}), binary=True
)
NEWS = Channels(("news",), re.compile(rf"{_SHARE.pattern}|[A-Z0-9]{{1,12}}/?[A-Z]{{1,6}}"))
KNOWN = frozenset({"pricing"}.union(*(feed.askable for feed in (STOCKS, CRYPTO, OPTIONS, NEWS))))
