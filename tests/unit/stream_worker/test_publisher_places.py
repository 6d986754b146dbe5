"""Symbols that change while ticks wait for the cache: their places change, and no tick shows under another name."""

from __future__ import annotations

import shutil
from pathlib import Path

from domain.feed import Feed
from market_cache.reader import MarketReader
from stream_worker.publisher import Publisher
from tests.unit.domain.ticks import MINUTE, NOON, trade
from tests.unit.stream_worker.test_publisher import Desk


def seen_by_a_reader(desk: Desk) -> tuple[MarketReader, dict[str, list[float]]]:
    reader = MarketReader(f"diskcache:{desk.folder}")
    reader.catch_up()
    return reader, {symbol: [row.price for row in reader.trades_since(symbol, 0, 100)] for symbol in reader.symbols}


def take(publisher: Publisher, at: int, price: float, symbol: int, trade_id: int) -> None:
    publisher.ticks(publisher.market.add(Feed.STOCKS, trade(at, price, symbol=symbol, id=trade_id), 1, 0.0), 1)


def test_symbols_that_change_while_the_cache_is_locked(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "cache")
    publisher = desk.publisher
    with desk.locked():
        take(publisher, NOON, 20.0, 1, 1)
        publisher.beat()
        publisher.move_to(publisher.market.with_symbols(("TSLA", "SPY", "MSFT")))
        take(publisher, NOON + MINUTE, 21.0, 2, 2)
    take(publisher, NOON + 2 * MINUTE, 22.0, 2, 3)
    publisher.beat()
    reader, seen = seen_by_a_reader(desk)
    assert seen == {"TSLA": [], "SPY": [], "MSFT": [20.0, 21.0, 22.0]}
    assert reader.bars("MSFT", "1Min")[1]["close"].tolist() == [20.0, 21.0]


def test_a_cache_made_anew_after_symbols_changed(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "cache")
    publisher = desk.publisher
    take(publisher, NOON, 20.0, 1, 1)
    publisher.beat()
    publisher.move_to(publisher.market.with_symbols(("MSFT", "TSLA")))
    shutil.rmtree(desk.folder)
    publisher.beat()
    publisher.beat()
    assert seen_by_a_reader(desk)[1] == {"MSFT": [20.0], "TSLA": []}
