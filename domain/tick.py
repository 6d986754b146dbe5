"""The tick: one trade or one quote as a 64-byte record, the same bytes from the socket to the reader.

A batch of ticks is a numpy array of TICK. `batch.view(TRADE)` and `batch.view(QUOTE)` read the same 64 bytes under the
words of the kind; look at `kind` before you believe them. Prices are USD, sizes shares, `ts_event` nanoseconds UTC.
`symbol` is an index into the symbol list of the cache epoch.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows


class Kind(IntEnum):
    """What a record is."""

    TRADE = 1
    QUOTE = 2


class Flag(IntFlag):
    """What the worker found out about a tick. AT_ASK and AT_BID name the side that took liquidity, OUTLIER a price
    far from all others, UNPRICED a trade whose conditions say that its price is not the market's (domain.conditions)."""

    AT_ASK = 1
    AT_BID = 2
    BACKFILLED = 4
    OUTLIER = 8
    UNPRICED = 16


IS_TRADE: Final = np.uint8(Kind.TRADE)
IS_QUOTE: Final = np.uint8(Kind.QUOTE)
"""What a column of kinds is compared with: with a member of an enum numpy takes 15 times as long (12 us instead of 0.8)."""


def _record(
    first: tuple[str, str], second: tuple[str, str], third: tuple[str, str], fourth: tuple[str, str]
) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("ts_event", "<i8"),
            first,
            second,
            third,
            fourth,
            ("id", "<i8"),
            ("symbol", "<u4"),
            ("kind", "u1"),
            ("exchange", "u1"),
            ("other_exchange", "u1"),
            ("tape", "u1"),
            ("conditions", "<u4"),
            ("flags", "<u4"),
        ]
    )


TICK = _record(("a", "<f8"), ("b", "<f8"), ("c", "<f8"), ("d", "<f8"))
TRADE = _record(("price", "<f8"), ("unused_1", "<f8"), ("size", "<f8"), ("unused_2", "<f8"))
QUOTE = _record(("bid_price", "<f8"), ("ask_price", "<f8"), ("bid_size", "<f8"), ("ask_size", "<f8"))

Records = NDArray[np.void]


def trades_of(batch: Records) -> Records:
    """The trades of a batch, in order, under the words of a trade."""
    return rows.pick(batch, batch["kind"] == IS_TRADE).view(TRADE)


def quotes_of(batch: Records) -> Records:
    """The quotes of a batch, in order, under the words of a quote."""
    return rows.pick(batch, batch["kind"] == IS_QUOTE).view(QUOTE)
