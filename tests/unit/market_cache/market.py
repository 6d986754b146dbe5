"""The smallest worker there can be: two symbols, a ring of 16 segments, and one call for each thing it publishes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from domain.bar import Bar, Bars
from domain.closed_bar import CLOSED_BAR
from domain.interval import INTERVALS
from domain.status import DeskStatus, StreamState, StreamStatus, WorkerStatus
from domain.tick import Records
from market_cache.reader import MarketReader
from market_cache.redis_keys import connect, name_of
from market_cache.snapshot import empty_tables
from market_cache.store import directory_of, is_redis
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State
from tests.unit.domain.ticks import MINUTE, NOON, bar, bars, quote, trade

LIVE = DeskStatus(
    "sim", 0, StreamStatus(StreamState.LIVE, "", 0.25, 1), worker=WorkerStatus(True, 7, 1.0, 2.0), backfilled=True
)


class Monotonic:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class TinyMarket:
    RING = 16

    def __init__(self, cache: str | Path, symbols: tuple[str, ...] = ("AAPL", "MSFT"), **limits: Any) -> None:
        self.symbols = symbols
        self.writer = MarketWriter(cache, **{"ring_slots": self.RING, **limits})
        self.latest, self.forming, self.ordinals = empty_tables(len(symbols))
        self.status = LIVE

    def state(self) -> State:
        return State(self.latest, self.forming, self.ordinals, self.status)

    def begin(self) -> None:
        self.writer.begin_epoch(self.symbols, self.state())

    def beat(self) -> int:
        return self.writer.publish(NO_TICKS, NO_BARS, self.state())

    def publish(self, *ticks: Records, closed: Records = NO_BARS, ts_recv: int = 0) -> int:
        return self.writer.publish(np.concatenate([NO_TICKS, *ticks]), closed, None, ts_recv)

    def trade(self, price: float, at: int = NOON, symbol: int = 0, ts_recv: int = 0) -> int:
        return self.publish(trade(at, price, symbol=symbol), ts_recv=ts_recv)

    def quote(self, bid_price: float, ask_price: float, at: int = NOON, symbol: int = 0) -> int:
        return self.publish(quote(at, bid_price, ask_price, symbol))


def closed(*rows: tuple[int, Bar], symbol: int = 0, interval: str = "1Min") -> Records:
    """Closed bars with their ordinals, as a publication takes them."""
    records = np.zeros(len(rows), CLOSED_BAR)
    for place, (ordinal, row) in enumerate(rows):
        records[place] = (symbol, INTERVALS.index(interval), ordinal, row)
    return records


def minutes(count: int, first: int = 0, price: float = 10.0) -> Bars:
    """Bars of consecutive minutes; the close of each is price + its number."""
    return bars(*(bar(NOON + minute * MINUTE, price + minute) for minute in range(first, first + count)))


def overwrite(cache: str | Path, key: Any, value: Any, **columns: int) -> None:
    """Put a row into the store behind the program's back. `columns` are those of diskcache's table."""
    if is_redis(str(cache)):
        connect(str(cache)).set(name_of(key), value)
        return
    folder = directory_of(cache) if isinstance(cache, str) else cache
    sets = "".join(f", {name} = {number}" for name, number in columns.items())
    connection = sqlite3.connect(folder / "cache.db", isolation_level=None)
    connection.execute(f"UPDATE Cache SET value = ?{sets} WHERE key = ?", (value, key))
    connection.close()


def stored(cache: str | Path, key: Any) -> bytes:
    """The bytes of a row, as they lie in the store."""
    if is_redis(str(cache)):
        found = connect(str(cache)).get(name_of(key))
        assert isinstance(found, bytes)
        return found
    folder = directory_of(cache) if isinstance(cache, str) else cache
    connection = sqlite3.connect(folder / "cache.db")
    ((value,),) = connection.execute("SELECT value FROM Cache WHERE key = ?", (key,))
    connection.close()
    assert isinstance(value, bytes)
    return value


def seen(reader: MarketReader, symbol: str = "AAPL") -> list[float]:
    """The prices of all prints that the reader knows."""
    return [row.price for row in reader.trades_since(symbol, 0)]
