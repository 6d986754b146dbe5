"""A tape without an end for benchmarks/memory.py: a frame a market second, made as it is needed, and nothing kept of it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np

SECOND_NS: Final = 10**9
MINUTE_S: Final = 60
TRADES_A_SECOND: Final = 1
"""Of each symbol, about as the practice market; with QUOTES_A_TRADE quotes each."""

QUOTES_A_TRADE: Final = 3
BEGAN_S: Final = 1_790_000_040
"""A full minute in September 2026, at noon in New York but for some seconds."""

_encode = msgspec.msgpack.Encoder().encode


class Tape:
    """Trades and quotes of some symbols, with Alpaca's own bars of them. The same each time."""

    def __init__(self, symbols: int) -> None:
        self.symbols = tuple(f"S{number:02}" for number in range(symbols))
        self.began = BEGAN_S * SECOND_NS
        self._rng = np.random.default_rng(1)
        self._id = 0
        self._told: list[dict[str, Any]] = []

    def minute(self, number: int) -> Iterator[bytes]:
        """The frames of the seconds of a minute; the first also brings the bars of the minute before."""
        count = len(self.symbols) * TRADES_A_SECOND * MINUTE_S
        start_s = BEGAN_S + number * MINUTE_S
        times = np.sort(self._rng.integers(0, MINUTE_S * SECOND_NS, count))
        places = self._rng.integers(0, len(self.symbols), count)
        prices = np.round(100 + np.sin(number / 60) + self._rng.integers(-5, 6, count) / 100, 2)
        borders = np.searchsorted(times, np.arange(MINUTE_S + 1) * SECOND_NS).tolist()
        early, self._told = self._told, self._bars(start_s, places, prices) + self._rare(start_s)
        rows = list(zip(times.tolist(), places.tolist(), prices.tolist(), strict=True))
        for second in range(MINUTE_S):
            frame, early = early, []
            for at, place, price in rows[borders[second] : borders[second + 1]]:
                frame += self._messages(start_s * SECOND_NS + at, self.symbols[place], price)
            yield _encode(frame)

    def _messages(self, at: int, symbol: str, price: float) -> list[dict[str, Any]]:
        self._id += 1
        time = timestamp(at)
        quote = {"T": "q", "S": symbol, "bx": "V", "bp": price - 0.01, "bs": 2, "ax": "Q", "ap": price + 0.01, "as": 3}
        trade = {"T": "t", "S": symbol, "i": self._id, "x": "V", "p": price, "s": 100, "t": time, "c": ["@"], "z": "C"}
        return [*[quote | {"t": time, "c": ["R"], "z": "C"}] * QUOTES_A_TRADE, trade]

    def _bars(self, start_s: int, places: Any, prices: Any) -> list[dict[str, Any]]:
        """The minute of each symbol, as it will be told when it is over."""
        told, time = [], timestamp(start_s * SECOND_NS)
        for place, symbol in enumerate(self.symbols):
            mine = prices[places == place].tolist()
            if mine:
                bar = {"S": symbol, "o": mine[0], "h": max(mine), "l": min(mine), "c": mine[-1], "v": 100 * len(mine)}
                told.append({"T": "b", **bar, "t": time, "n": len(mine), "vw": sum(mine) / len(mine)})
        return told

    def _rare(self, start_s: int) -> list[dict[str, Any]]:
        """A correction of nothing but its size, a price band, a message that cannot be."""
        time, symbol = timestamp((start_s + 30) * SECOND_NS), self.symbols[start_s // MINUTE_S % len(self.symbols)]
        old = {"oi": self._id, "op": 100.0, "os": 100, "oc": ["@"]}
        new = {"ci": self._id, "cp": 100.0, "cs": 100, "cc": ["@"]}
        return [
            {"T": "c", "S": symbol, "x": "V", **old, **new, "t": time, "z": "C"},
            {"T": "l", "S": symbol, "u": 110.0, "d": 90.0, "i": "B", "t": time, "z": "C"},
            {"T": "t", "S": symbol, "i": 1, "x": "V", "p": -1.0, "s": 1, "t": time, "c": ["@"], "z": "C"},
        ]


def timestamp(at: int) -> msgspec.msgpack.Ext:
    """An instant (ns) as MessagePack's timestamp of 64 bits."""
    seconds, nanoseconds = divmod(at, SECOND_NS)
    return msgspec.msgpack.Ext(-1, struct.pack("!Q", nanoseconds << 34 | seconds))
