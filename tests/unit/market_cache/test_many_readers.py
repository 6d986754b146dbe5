"""Many readers beside a writer: each sees every tick once, in order, whenever it looks."""

from __future__ import annotations

import threading

from market_cache.reader import MarketReader
from market_cache.store import open_readable
from tests.unit.market_cache.market import TinyMarket

PRICES = 120


def tape(reader: MarketReader) -> list[float]:
    return [row.price for row in reader.trades_since("AAPL", 0, 1_000)]


def test_every_reader_sees_every_tick_once_and_in_order(cache_url: str) -> None:
    market = TinyMarket(cache_url, ring_slots=1_000)
    market.begin()
    readers = [MarketReader(cache_url, ring_slots=1_000) for _ in range(4)]
    over, faults = threading.Event(), list[str]()

    def follow(reader: MarketReader) -> None:
        while not over.is_set():
            reader.catch_up(force=True)
            prices = tape(reader)
            if prices != [float(number) for number in range(1, len(prices) + 1)]:
                faults.append(str(prices))

    threads = [threading.Thread(target=follow, args=(reader,)) for reader in readers for _ in (1, 2)]
    for thread in threads:
        thread.start()
    for number in range(1, PRICES + 1):
        market.trade(float(number))
    over.set()
    for thread in threads:
        thread.join()
    for reader in readers:
        reader.catch_up(force=True)
    assert not faults and all(len(tape(reader)) == PRICES for reader in readers)
    market.writer.close()


def test_many_keys_are_read_at_one_moment(cache_url: str) -> None:
    market = TinyMarket(cache_url)
    store, over, torn = market.writer.store, threading.Event(), list[object]()

    def look() -> None:
        view = open_readable(cache_url)
        while not over.is_set():
            found = view.get("one", "two", 3) or {}
            if len(set(found.values())) > 1 or len(found) not in (0, 3):
                torn.append(found)

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(300):
        with store.transaction():
            for key in ("one", "two", 3):
                store.put(key, str(number).encode() * 50)
    over.set()
    looking.join()
    assert not torn
    market.writer.close()
