"""Symbols change while ticks wait for the cache: each tick stays with its symbol, and each bar."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.feed import Feed
from market_cache.reader import MarketReader
from tests.unit.domain.ticks import MINUTE, NOON, trade
from tests.unit.stream_worker.test_publisher import Desk


class MovingDesk(Desk):
    """A desk of AAPL and MSFT that may get other symbols."""

    def print(self, symbol: str, price: float, at: int = NOON) -> None:
        market = self.publisher.market
        ticks = market.add(Feed.STOCKS, trade(at, price, symbol=market.index[symbol], id=int(price)), 1, 0.0)
        self.publisher.ticks(ticks, 1)

    def move_to(self, *symbols: str) -> None:
        self.publisher.move_to(self.publisher.market.with_symbols(symbols))

    @property
    def tape(self) -> dict[str, list[float]]:
        """The prices of each symbol that a reader who comes now is shown."""
        reader = self.newcomer
        return {symbol: [row.price for row in reader.trades_since(symbol, 0, 100)] for symbol in reader.symbols}

    @property
    def minutes(self) -> dict[str, list[float]]:
        """The closes of each symbol that a reader who comes now is shown."""
        reader = self.newcomer
        return {symbol: reader.bars(symbol, "1Min")[1]["close"].tolist() for symbol in reader.symbols}

    @property
    def newcomer(self) -> MarketReader:
        reader = MarketReader(f"diskcache:{self.folder}")
        reader.catch_up()
        return reader


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MovingDesk]:
    made = MovingDesk(tmp_path / "cache")
    yield made
    made.publisher.writer.close()


def test_ticks_that_were_held_while_the_cache_was_locked_stay_with_their_symbol(desk: MovingDesk) -> None:
    """They were published under the symbol that had got their place."""
    with desk.locked():
        desk.print("MSFT", 20.0)
        desk.print("AAPL", 10.0)
        desk.publisher.beat()
        desk.move_to("TSLA", "SPY", "MSFT")
        desk.print("MSFT", 21.0, NOON + MINUTE)
        desk.print("TSLA", 30.0, NOON + MINUTE)
    desk.publisher.beat()
    desk.print("MSFT", 22.0, NOON + 2 * MINUTE)
    desk.publisher.beat()
    assert desk.tape == {"TSLA": [30.0], "SPY": [], "MSFT": [20.0, 21.0, 22.0]}
    assert desk.minutes == {"TSLA": [30.0], "SPY": [], "MSFT": [20.0, 21.0]}


def test_a_cache_that_is_made_anew_shows_each_tick_under_its_symbol(desk: MovingDesk) -> None:
    desk.print("MSFT", 20.0)
    desk.print("AAPL", 10.0)
    desk.publisher.beat()
    desk.move_to("MSFT", "TSLA")
    shutil.rmtree(desk.folder)
    for _ in range(2):
        desk.publisher.beat()
    assert desk.tape == {"MSFT": [20.0], "TSLA": []}


def test_bars_of_those_that_stay_are_published_under_their_new_places(desk: MovingDesk) -> None:
    desk.print("MSFT", 20.0)
    desk.move_to("TSLA", "MSFT")
    desk.print("MSFT", 21.0, NOON + MINUTE)
    desk.print("TSLA", 30.0, NOON + MINUTE)
    desk.print("TSLA", 31.0, NOON + 2 * MINUTE)
    desk.publisher.beat()
    assert desk.minutes == {"TSLA": [30.0], "MSFT": [20.0, 21.0]}


def test_a_symbol_that_goes_while_the_cache_is_locked_takes_only_its_own_ticks_with_it(desk: MovingDesk) -> None:
    with desk.locked():
        desk.print("AAPL", 10.0)
        desk.print("MSFT", 20.0)
        desk.move_to("MSFT")
        desk.move_to("MSFT", "AAPL")
    desk.publisher.beat()
    assert desk.tape == {"MSFT": [20.0], "AAPL": []}
