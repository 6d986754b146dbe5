"""Faults of market and publisher that were found once."""

from __future__ import annotations

import time

import pytest

from domain.feed import Feed
from domain.tick import Flag
from market_cache.reader import MarketReader
from stream_worker.market import Market
from tests.unit.domain.ticks import MINUTE, NOON, quote, trade
from tests.unit.stream_worker.test_publisher import Desk


@pytest.fixture
def desk(tmp_path):
    d = Desk(tmp_path / "cache")
    yield d
    d.publisher.writer.close()


def test_a_new_epoch_on_a_locked_cache_does_not_raise(desk) -> None:
    desk.trade(10.0)
    with desk.locked():
        desk.publisher.begin_epoch()
        desk.trade(11.0, NOON + MINUTE)
    desk.publisher.beat()
    assert desk.seen() == [11.0] and desk.closed() == [10.0]


def test_a_worker_whose_symbols_changed_is_not_invisible_until_history_was_read(desk) -> None:
    """worker._take_over sets another market; beats follow until begin_epoch."""
    desk.publisher.market = Market(("AAPL", "MSFT", "TSLA"))
    desk.publisher.beat()
    reader = MarketReader(f"diskcache:{desk.folder}")
    reader.catch_up()
    assert reader.status().worker.alive


def test_ticks_that_were_held_do_not_look_fresh(desk) -> None:
    now = time.time_ns()
    with desk.locked():
        desk.trade(10.0, ts_recv=now - 60 * 10**9)
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    assert desk.reader.age_s("AAPL") > 55


def test_history_is_not_judged_by_a_quote_of_another_time() -> None:
    market = Market(("AAPL",))
    market.add(Feed.STOCKS, quote(NOON, 9.0, 10.0), 1, 0.0)
    old = trade(NOON + 20 * MINUTE, 12.0)
    old["flags"] = Flag.BACKFILLED
    assert market.add(Feed.STOCKS, old, 0, 0.0)["flags"][0] == Flag.BACKFILLED


def test_a_cache_that_cannot_be_made_anew_for_a_moment_does_not_end_the_worker(desk) -> None:
    import shutil

    shutil.rmtree(desk.folder)
    desk.folder.write_text("in the way")
    try:
        desk.publisher.beat()
    finally:
        desk.folder.unlink()
    desk.publisher.beat()
    desk.trade(10.0)
    assert desk.seen() == [10.0]


def test_a_quiet_cache_does_not_block_the_loop_for_seconds(tmp_path) -> None:
    import sqlite3

    from market_cache.writer import MarketWriter

    d = Desk(tmp_path / "c")
    d.publisher.writer.close()
    d.publisher.writer = MarketWriter(tmp_path / "c")  # the real patience
    d.publisher.writer.symbols = ("AAPL", "MSFT")
    other = sqlite3.connect(tmp_path / "c" / "cache.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    t = time.monotonic()
    d.trade(1.0)
    took = time.monotonic() - t
    other.execute("ROLLBACK")
    assert took < 1.0
