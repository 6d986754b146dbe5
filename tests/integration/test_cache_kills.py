"""A writer that is killed again and again on either backend: the short form of benchmarks/cache_kills.py."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import cache_kills
from market_cache.diskcache_store import DiskcacheStore
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow


def check(verdict: cache_kills.Verdict) -> None:
    assert (verdict.torn, verdict.lost, verdict.backwards) == (0, 0, 0)
    assert verdict.kills == 10 and verdict.publications > 20 and verdict.looks > 10


def test_a_writer_of_a_directory_that_is_killed(tmp_path: Path) -> None:
    check(cache_kills.run(f"diskcache:{tmp_path / 'cache'}", 10, seed=1))


def test_a_writer_of_redis_that_is_killed(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    try:
        check(cache_kills.run(server.url(), 10, seed=1))
    finally:
        server.stop()


def test_without_transactions_it_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself: a store that publishes step by step is found out."""

    @contextmanager
    def step_by_step(store: DiskcacheStore):
        yield

    monkeypatch.setattr(DiskcacheStore, "transaction", step_by_step)
    assert cache_kills.run(f"diskcache:{tmp_path / 'cache'}", 30, seed=1).torn
