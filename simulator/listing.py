"""A listing: one share or coin that trades on the practice market."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

BOOK_LAYERS = (1.0, 3.0)
DEEP_LAYERS = (1.0, 2.0, 3.5, 5.5, 8.0, 12.0)


@dataclass(frozen=True, slots=True)
class Listing:
    """`price` is the level in USD the path swings around, `pace` the trades a second on average.

    `tape` is the consolidated tape: A = NYSE, B = other exchanges, C = NASDAQ; "" for coins. `lot` is what one unit of
    the book's quantities is, in shares or coins; `layers` say how far from the touch makers quote, in half spreads.
    `volatility` stretches the moves of its worth (1: about 5.5 basis points a minute); `follows` is their correlation with
    the index, 1 for the index itself.
    """

    symbol: str
    name: str
    exchange: str
    tape: str
    price: float
    spread: float
    pace: float
    asset_class: Literal["us_equity", "crypto"] = "us_equity"
    lot: float = 1
    layers: tuple[float, ...] = BOOK_LAYERS
    volatility: float = 1.0
    follows: float = 0.0

    @property
    def is_crypto(self) -> bool:
        """Whether it is a coin."""
        return self.asset_class == "crypto"

    @property
    def unit(self) -> Decimal:
        """The lot, exactly."""
        return Decimal(str(self.lot))

    def size(self, quantity: int) -> float:
        """Shares (a whole number) or coins of a quantity in lots."""
        return quantity if self.lot == 1 else round(quantity * self.lot, 9)

    @property
    def asset_id(self) -> UUID:
        """The same for a symbol on every start."""
        return uuid5(NAMESPACE_URL, f"practice-market/{self.asset_class}/{self.symbol}")


KNOWN = 12  # shares that exist


def generated_listings(count: int = KNOWN) -> tuple[Listing, ...]:
    """The shares of the generated market, twelve known ones first, then invented ones; `spread` is the usual one in USD."""
    known = (
        _share("AAPL", "Apple Inc. Common Stock", "NASDAQ", "C", 232.0, 0.03, 2.8, 1.1, 0.65),
        _share("AMD", "Advanced Micro Devices, Inc. Common Stock", "NASDAQ", "C", 164.0, 0.03, 2.5, 1.4, 0.55),
        _share("AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", "C", 224.0, 0.03, 2.4, 1.1, 0.6),
        _share("GOOGL", "Alphabet Inc. Class A Common Stock", "NASDAQ", "C", 191.0, 0.03, 2.4, 1.1, 0.6),
        _share("INTC", "Intel Corporation Common Stock", "NASDAQ", "C", 36.0, 0.01, 2.4, 1.3, 0.5),
        _share("JPM", "JPMorgan Chase & Co.", "NYSE", "A", 268.0, 0.05, 2.2, 1.0, 0.6),
        _share("META", "Meta Platforms, Inc. Class A Common Stock", "NASDAQ", "C", 612.0, 0.12, 2.4, 1.1, 0.6),
        _share("MSFT", "Microsoft Corporation Common Stock", "NASDAQ", "C", 438.0, 0.06, 2.5, 1.0, 0.7),
        _share("NFLX", "Netflix, Inc. Common Stock", "NASDAQ", "C", 684.0, 0.20, 2.4, 1.2, 0.5),
        _share("NVDA", "NVIDIA Corporation Common Stock", "NASDAQ", "C", 148.0, 0.02, 3.6, 1.4, 0.65),
        _share("SPY", "SPDR S&P 500 ETF Trust", "ARCA", "B", 598.0, 0.03, 3.3, 0.8, 1.0),
        _share("TSLA", "Tesla, Inc. Common Stock", "NASDAQ", "C", 328.0, 0.06, 3.2, 1.5, 0.5),
    )
    return known + tuple(_invented(number) for number in range(count - len(known)))


def _share(
    symbol: str,
    name: str,
    exchange: str,
    tape: str,
    price: float,
    spread: float,
    pace: float,
    volatility: float,
    follows: float,
) -> Listing:
    return Listing(symbol, name, exchange, tape, price, spread, pace, volatility=volatility, follows=follows)


def _invented(number: int) -> Listing:
    """A share that exists nowhere, no two alike; its price, spread and moves are spread over what is usual."""
    letters = "".join(chr(ord("A") + number // 26**place % 26) for place in (2, 1, 0))
    price = round(20.0 * 1.9 ** (number * 0.618 % 4), 2)
    spread = max(0.01, round(price * 1.5e-4 * (1 + number % 3), 2))
    volatility, follows = 0.9 + 0.1 * (number % 7), 0.35 + 0.05 * (number % 8)
    name = f"Practice Share {number + 1} (invented)"
    return Listing(f"Q{letters}", name, "NASDAQ", "C", price, spread, 1.8, volatility=volatility, follows=follows)


def crypto_listings() -> tuple[Listing, ...]:
    """The coins of the generated market."""
    return (
        _coin("BTC/USD", "Bitcoin / US Dollar", 96_400.0, 12.0, 1.6, 0.0001),
        _coin("ETH/USD", "Ethereum / US Dollar", 3_310.0, 0.9, 1.6, 0.001),
        _coin("LTC/USD", "Litecoin / US Dollar", 91.0, 0.06, 0.9, 0.01),
    )


def _coin(symbol: str, name: str, price: float, spread: float, pace: float, lot: float) -> Listing:
    return Listing(symbol, name, "CRYPTO", "", price, spread, pace, "crypto", lot, DEEP_LAYERS)


def fake_listings() -> tuple[Listing, ...]:
    """What the test stream has: one share that exists nowhere, around the clock."""
    return (Listing("FAKEPACA", "Fake Paca Common Stock", "NASDAQ", "C", 134.0, 0.03, 1.5),)


def tape_listing(symbol: str) -> Listing:
    """The listing of a symbol on a tape; its name is the one we know, or made from the symbol."""
    known = {listing.symbol: listing.name for listing in (*generated_listings(), *crypto_listings())}
    if "/" in symbol:
        return _coin(symbol, known.get(symbol, symbol), 0.0, 0.0, 0.0, 1e-9)
    return Listing(symbol, known.get(symbol, f"{symbol} Common Stock"), "NASDAQ", "C", 0.0, 0.0, 0.0)
