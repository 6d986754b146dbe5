"""A market whose every trade is known: what a server of the tests prints, and the bars that follow from it.

Written from first principles and from nothing in the rooms under test: a bar is the trades of its span, in the order of
their times.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

SECOND: Final = 10**9
MINUTE: Final = 60 * SECOND
LENGTHS: Final = {"1s": SECOND, "1Min": MINUTE}


@dataclass(frozen=True, slots=True)
class Print:
    """A trade of the market; `at` in nanoseconds UTC."""

    symbol: str
    id: int
    price: float
    size: int
    at: int


class KnownMarket:
    """Trades of some symbols, `rate` a second and symbol, from a quarter of an hour ago on; the same seed, the same prices."""

    def __init__(self, symbols: tuple[str, ...], rate: float = 10.0, seed: int = 1) -> None:
        self.rate = rate
        self.printing = True
        self.is_open = True
        self._paused_at: int | None = None
        self._dice = random.Random(seed)
        self._lock = threading.RLock()
        self._prices = {symbol: 100.0 + 50 * place for place, symbol in enumerate(symbols)}
        self._prints: dict[str, list[Print]] = {symbol: [] for symbol in symbols}
        self._next_id = 1
        self._printed_until = time.time_ns() - 15 * MINUTE
        self.advance(every=3.0)

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is traded."""
        return tuple(self._prints)

    def now(self) -> int:
        """The market's time in ns; it stands still while paused."""
        return self._paused_at or time.time_ns()

    def pause(self) -> None:
        """Stop the market's clock."""
        self._paused_at = time.time_ns()

    def resume(self) -> None:
        """Let the clock go on; nothing was traded meanwhile."""
        with self._lock:
            self._printed_until, self._paused_at = time.time_ns(), None

    def hush(self) -> None:
        """No more trades until `wake`, so that the bars stand still. The clock goes on."""
        with self._lock:
            self.printing = False

    def wake(self) -> None:
        """Trade again."""
        with self._lock:
            self._printed_until, self.printing = time.time_ns(), True

    def advance(self, every: float | None = None) -> list[Print]:
        """The trades since the last call, one in `every` seconds on average, in the order of their times."""
        every = every or 1 / self.rate
        with self._lock:
            since, self._printed_until = self._printed_until, self.now()
            if not self.printing or not self.is_open:
                return []
            count = int((self._printed_until - since) / SECOND / every + self._dice.random())
            times = sorted(self._dice.randint(since + 1, self._printed_until) for _ in range(count))
            return [self.trade(symbol, at=at) for at in times for symbol in self._prints]

    def trade(self, symbol: str, at: int = 0, size: int = 0) -> Print:
        """One trade, now unless said otherwise."""
        with self._lock:
            self._prices[symbol] = max(self._prices[symbol] + self._dice.randint(-3, 3) / 100, 1.0)
            price = round(self._prices[symbol], 2)
            done = Print(symbol, self._next_id, price, size or self._dice.randint(1, 300), at or self.now())
            self._next_id += 1
            self._prints[symbol].append(done)
            return done

    def trades(self, symbol: str, start: int = 0, end: int = 2**63) -> list[Print]:
        """The trades from `start` to `end`, both included, by time."""
        with self._lock:
            found = [each for each in self._prints[symbol] if start <= each.at <= end]
        return sorted(found, key=lambda each: (each.at, each.id))

    def bars(self, symbol: str, length: int, start: int = 0, end: int = 2**63) -> list[dict[str, Any]]:
        """The bars that begin from `start` to `end`, with Alpaca's one-letter keys and `t` in ns; also the one that forms."""
        spans: dict[int, list[Print]] = {}
        for each in self.trades(symbol):
            spans.setdefault(each.at // length * length, []).append(each)
        return [_bar(begin, prints) for begin, prints in sorted(spans.items()) if start <= begin <= end]

    def frame(self, symbol: str, interval: str) -> pd.DataFrame:
        """The same as a table: start, open, high, low, close, volume, trade_count."""
        names = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "n": "trade_count"}
        rows = self.bars(symbol, LENGTHS[interval])
        table = pd.DataFrame([{name: row[key] for key, name in names.items()} for row in rows])
        table.insert(0, "start", pd.to_datetime([row["t"] for row in rows], utc=True))
        return table


def _bar(begin: int, prints: list[Print]) -> dict[str, Any]:
    prices, sizes = [each.price for each in prints], [each.size for each in prints]
    value = sum(price * size for price, size in zip(prices, sizes, strict=True))
    high, low, volume = max(prices), min(prices), sum(sizes)
    ends = {"o": prices[0], "h": high, "l": low, "c": prices[-1]}
    return {"t": begin, **ends, "v": volume, "n": len(prints), "vw": value / volume}
