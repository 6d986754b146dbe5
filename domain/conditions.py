"""Sale conditions: which trades set the prices of a bar, and which count for its volume.

Alpaca makes its minute bars by one list of conditions that keep a trade out of open, high, low and close alike; such a
trade alone makes no bar, but its size counts (alpaca.markets/learn/stock-minute-bars; Alpaca's answer with the whole list in
forum.alpaca.markets topic 8996, odd lots included; topic 18440: a corrected close is a report, no trade). The tapes tell only
few apart: B is an average price on tapes A and B (CTA: CTS specification, sale conditions) and a bunched trade, which counts,
on tape C (UTP specification). T (extended hours) is on that list and yet Alpaca publishes bars before the open and after the
close, where every trade carries it: it counts here, as it must there. The three reports of a market's open and close (M, Q, 9)
are no trades and count for no volume either (both specifications: consolidated volume not updated).

Trades without a tape (crypto, options) count for everything, and so do conditions that are not in the table.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.tick import Records


class Counts(IntFlag):
    """What a trade counts for; KNOWN says that every condition of it is in the table."""

    PRICES = 1
    VOLUME = 2
    KNOWN = 4


EVERYTHING: Final = Counts.PRICES | Counts.VOLUME | Counts.KNOWN

COUNTS_FULLY: Final = "@ AEFDKLOSTXY1235680"
"""Regular, acquisition, automatic, sweep, distribution, rule 155, sold last, opening, split, extended hours, cross, yellow
flag, stopped stock, reopening, closing, and the letters that the specifications keep in reserve (8, 0)."""

VOLUME_ONLY: Final = "CGHINPRUVWZ47"
"""Cash, bunched sold, price variation, odd lot, next day, prior reference price, seller, extended hours sold out of sequence,
contingent, average price, sold out of sequence, derivatively priced, qualified contingent."""

NO_TRADE: Final = "MQ9"
"""Official close, official open, corrected consolidated close."""

CTA: Final = {"B": Counts.VOLUME | Counts.KNOWN}
UTP: Final = {"B": EVERYTHING}


class Rules(NamedTuple):
    """What each of some trades counts for; None for everything."""

    prices: NDArray[np.bool_] | None
    volume: NDArray[np.bool_] | None
    unknown: int


def _letters(differing: dict[str, Counts]) -> NDArray[np.uint8]:
    table = np.full(256, Counts.PRICES | Counts.VOLUME, np.uint8)
    table[0] = EVERYTHING
    for letters, counts in (
        (COUNTS_FULLY, EVERYTHING),
        (VOLUME_ONLY, Counts.VOLUME | Counts.KNOWN),
        (NO_TRADE, Counts.KNOWN),
    ):
        table[[ord(letter) for letter in letters]] = counts
    table[[ord(letter) for letter in differing]] = list(differing.values())
    return table


def _pairs(letters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What two conditions together count for, by the two letters as one number."""
    return (letters[None, :] & letters[:, None]).ravel()


_TABLE: Final = np.concatenate([np.full(65_536, EVERYTHING, np.uint8), _pairs(_letters(CTA)), _pairs(_letters(UTP))])
"""Three tables behind each other: no tape, CTA, UTP."""

_TABLE_OF_TAPE: Final = np.full(256, 2 * 65_536, np.int64)
_TABLE_OF_TAPE[0] = 0
_TABLE_OF_TAPE[[ord("A"), ord("B")]] = 65_536


_EVERYTHING, _PRICES, _VOLUME, _KNOWN = map(np.uint8, (EVERYTHING, Counts.PRICES, Counts.VOLUME, Counts.KNOWN))
"""With members of an enum numpy takes 15 times as long."""


def counts_of(trades: Records) -> NDArray[np.uint8]:
    """What each trade counts for, as Counts."""
    packed = np.ascontiguousarray(trades["conditions"])
    table = _TABLE_OF_TAPE[trades["tape"]]
    counts: NDArray[np.uint8] = _TABLE[table + (packed & 0xFFFF)] & _TABLE[table + (packed >> 16)]
    return counts


def rules_of(trades: Records) -> Rules:
    """What the trades count for, as masks."""
    counts = counts_of(trades)
    if bool((counts == _EVERYTHING).all()):
        return Rules(None, None, 0)
    prices, volume = (counts & _PRICES) != 0, (counts & _VOLUME) != 0
    unknown = int(np.count_nonzero((counts & _KNOWN) == 0))
    return Rules(None if prices.all() else prices, None if volume.all() else volume, unknown)
