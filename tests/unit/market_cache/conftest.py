"""A cache of its own for each test, on either backend, with the hand that writes it.

Tests that ask for `folder` look into the files and run on diskcache; all others that touch a cache run on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from market_cache.reader import MarketReader
from tests.redis_server import RedisServer
from tests.unit.market_cache.market import Monotonic, TinyMarket

BACKENDS = ("diskcache", "redis")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise what touches a cache."""
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS[:1] if "folder" in metafunc.fixturenames else BACKENDS)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if backend == "diskcache":
        return f"diskcache:{tmp_path / 'cache'}"
    server: RedisServer = request.getfixturevalue("redis_server")
    server.client().flushall()
    return server.url()


@pytest.fixture
def market(cache_url: str) -> Iterator[TinyMarket]:
    market = TinyMarket(cache_url)
    market.begin()
    yield market
    market.writer.close()


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def reader(cache_url: str, monotonic: Monotonic) -> MarketReader:
    """A reader with a small ring, as the market's writer has it."""
    return reader_of(cache_url)(monotonic)


def reader_of(cache_url: str) -> Callable[[Monotonic], MarketReader]:
    return lambda monotonic: MarketReader(cache_url, ring_slots=TinyMarket.RING, monotonic=monotonic)
