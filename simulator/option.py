"""An option contract, and what it is worth by a simple rule: intrinsic value and time value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.session import NEW_YORK, NS_PER_SECOND, to_ns
from simulator.listing import Listing

UNDERLYINGS = ("AAPL", "NVDA", "SPY", "TSLA")
EXPIRATIONS = 2
STRIKES_BESIDE = 3
VOLATILITY = 0.35  # a year
_YEAR_NS = 365 * 86_400 * NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Contract:
    """`strike` in USD; one contract is for 100 shares."""

    underlying: Listing
    expiration: date
    kind: Literal["call", "put"]
    strike: int

    @property
    def symbol(self) -> str:
        """As the Options Clearing Corporation writes it: root, date, C or P, strike in thousandths."""
        day = f"{self.expiration:%y%m%d}"
        return f"{self.underlying.symbol}{day}{self.kind[0].upper()}{self.strike * 1_000:08d}"

    @property
    def contract_id(self) -> UUID:
        """The same on every start."""
        return uuid5(NAMESPACE_URL, f"practice-market/us_option/{self.symbol}")

    @property
    def expires_at(self) -> int:
        """16:00 in New York on its last day."""
        return to_ns(datetime.combine(self.expiration, time(16), NEW_YORK))

    def worth(self, price: float, now: int) -> float:
        """USD a share when the underlying is at `price`: what exercise would bring, and more the longer it lasts."""
        intrinsic = max(0.0, price - self.strike if self.kind == "call" else self.strike - price)
        deviation = VOLATILITY * math.sqrt(max(0, self.expires_at - now) / _YEAR_NS)
        if deviation <= 0:
            return intrinsic
        distance = math.log(price / self.strike) / deviation
        return intrinsic + 0.4 * price * deviation * math.exp(-distance * distance / 2)

    def touch(self, price: float, now: int) -> tuple[float, float]:
        """Bid and ask in USD; no bid for what is worth less than a cent."""
        worth = self.worth(price, now)
        half = max(0.01, worth * 0.01)
        return max(0.0, math.floor((worth - half) * 100) / 100), math.ceil((worth + half) * 100) / 100


def contracts(listings: Iterable[Listing], today: date) -> dict[str, Contract]:
    """By symbol: calls and puts at seven strikes for the next two Fridays and the next two third Fridays."""
    found = [
        Contract(listing, expiration, kind, strike)
        for listing in listings
        if listing.symbol in UNDERLYINGS and listing.price
        for expiration in _expirations(today)
        for strike in _strikes(listing.price)
        for kind in _KINDS
    ]
    return {contract.symbol: contract for contract in found}


_KINDS: tuple[Literal["call", "put"], ...] = ("call", "put")


def _strikes(price: float) -> list[int]:
    step = 10 if price >= 200 else 5
    middle = round(price / step) * step
    return [middle + step * place for place in range(-STRIKES_BESIDE, STRIKES_BESIDE + 1)]


def _expirations(today: date) -> list[date]:
    """Today is one of them if it is a Friday: contracts end with the day."""
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    return sorted({friday, friday + timedelta(days=7), *_third_fridays(today)})


def _third_fridays(today: date) -> list[date]:
    """The next ones after today."""
    firsts = [(today.replace(day=1) + timedelta(days=31 * months)).replace(day=1) for months in range(EXPIRATIONS + 1)]
    fridays = [first + timedelta(days=(4 - first.weekday()) % 7 + 14) for first in firsts]
    return [friday for friday in fridays if friday > today][:EXPIRATIONS]
