"""A cache in a folder of its own, with the hand that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from market_cache.reader import MarketReader
from tests.unit.market_cache.market import Monotonic, TinyMarket


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def market(folder: Path) -> Iterator[TinyMarket]:
    market = TinyMarket(folder)
    market.begin()
    yield market
    market.writer.close()


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def reader(folder: Path, monotonic: Monotonic) -> MarketReader:
    """A reader with a small ring, as the market's writer has it."""
    return reader_of(folder)(monotonic)


def reader_of(folder: Path) -> Callable[[Monotonic], MarketReader]:
    return lambda monotonic: MarketReader(f"diskcache:{folder}", ring_slots=TinyMarket.RING, monotonic=monotonic)
