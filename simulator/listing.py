"""A listing: one share that trades on the practice market."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True, slots=True)
class Listing:
    """`price` is the level in USD the path swings around, `pace` the trades a second on average.

    `tape` is the consolidated tape: A = NYSE, B = other exchanges, C = NASDAQ.
    """

    symbol: str
    name: str
    exchange: str
    tape: str
    price: float
    spread: float
    pace: float

    @property
    def asset_id(self) -> UUID:
        """The same for a symbol on every start."""
        return uuid5(NAMESPACE_URL, f"practice-market/us_equity/{self.symbol}")


def generated_listings() -> tuple[Listing, ...]:
    """The twelve shares of the generated market; `spread` is the usual one in USD."""
    return (
        Listing("AAPL", "Apple Inc. Common Stock", "NASDAQ", "C", 232.0, 0.03, 1.9),
        Listing("AMD", "Advanced Micro Devices, Inc. Common Stock", "NASDAQ", "C", 164.0, 0.03, 1.7),
        Listing("AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", "C", 224.0, 0.03, 1.6),
        Listing("GOOGL", "Alphabet Inc. Class A Common Stock", "NASDAQ", "C", 191.0, 0.03, 1.6),
        Listing("INTC", "Intel Corporation Common Stock", "NASDAQ", "C", 36.0, 0.01, 1.6),
        Listing("JPM", "JPMorgan Chase & Co.", "NYSE", "A", 268.0, 0.05, 1.5),
        Listing("META", "Meta Platforms, Inc. Class A Common Stock", "NASDAQ", "C", 612.0, 0.12, 1.6),
        Listing("MSFT", "Microsoft Corporation Common Stock", "NASDAQ", "C", 438.0, 0.06, 1.7),
        Listing("NFLX", "Netflix, Inc. Common Stock", "NASDAQ", "C", 684.0, 0.20, 1.6),
        Listing("NVDA", "NVIDIA Corporation Common Stock", "NASDAQ", "C", 148.0, 0.02, 2.4),
        Listing("SPY", "SPDR S&P 500 ETF Trust", "ARCA", "B", 598.0, 0.03, 2.2),
        Listing("TSLA", "Tesla, Inc. Common Stock", "NASDAQ", "C", 328.0, 0.06, 2.1),
    )


def tape_listing(symbol: str) -> Listing:
    """The listing of a symbol on a tape; its name is the one we know, or made from the symbol."""
    known = {listing.symbol: listing.name for listing in generated_listings()}
    return Listing(symbol, known.get(symbol, f"{symbol} Common Stock"), "NASDAQ", "C", 0.0, 0.0, 0.0)
