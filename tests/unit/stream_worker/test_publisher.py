"""The publisher: a cache that cannot be written for a while costs no tick, and one that vanished is made anew."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from domain.feed import Feed
from domain.interval import INTERVALS
from domain.status import DeskStatus, StreamState, StreamStatus
from market_cache.reader import MarketReader
from market_cache.writer import MarketWriter
from stream_worker.held_ticks import HeldTicks
from stream_worker.market import Market
from stream_worker.publisher import Publisher
from tests.unit.domain.ticks import MINUTE, NOON, quote, trade

SYMBOLS = ("AAPL", "MSFT")


class Desk:
    """A publisher on a real cache with a short patience, and a reader of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = DeskStatus(stream=StreamStatus(StreamState.LIVE), backfilled=True)
        self.market = Market(SYMBOLS)
        self.publisher = Publisher(self.writer, self.market, lambda: self.status)
        self.reader = MarketReader(f"diskcache:{folder}")
        self.publisher.begin_epoch()

    def writer(self) -> MarketWriter:
        writer = MarketWriter(self.folder)
        writer.store._cache._timeout = 0.01
        writer.store._cache._con.execute("PRAGMA busy_timeout = 10")
        return writer

    def trade(self, price: float, at: int = NOON, ts_recv: int = 1) -> None:
        self.publisher.ticks(self.market.add(Feed.STOCKS, trade(at, price, id=int(price)), ts_recv, 0.0), ts_recv)

    def seen(self) -> list[float]:
        self.reader.catch_up(force=True)
        return [row.price for row in self.reader.trades_since("AAPL", 0, 1_000)]

    def closed(self, interval: str = "1Min") -> list[float]:
        self.reader.catch_up(force=True)
        closes: list[float] = self.reader.bars("AAPL", interval)[1]["close"].tolist()
        return closes

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program keeps the database to itself."""
        other = sqlite3.connect(self.folder / "cache.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "cache")
    yield desk
    desk.publisher.writer.close()


def test_ticks_are_published_with_the_bars_that_they_closed(desk: Desk) -> None:
    desk.trade(10.0)
    desk.trade(11.0, NOON + MINUTE)
    assert desk.seen() == [10.0, 11.0] and desk.closed() == [10.0]
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    forming = desk.reader.forming("AAPL", "1Min")
    assert forming is not None and (forming[0], forming[1]["close"]) == (1, 11.0)


def test_a_beat_tells_of_the_worker_and_is_a_new_heartbeat(desk: Desk) -> None:
    desk.reader.catch_up()
    before = desk.reader.status().heartbeat
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    status = desk.reader.status()
    assert status.heartbeat == before + 1 and status.worker.alive and status.worker.pid and status.worker.rss_mb > 1


def test_a_status_is_published_when_its_state_or_reason_changed_and_only_then(desk: Desk) -> None:
    desk.publisher.beat()
    seq = desk.publisher.writer._head.seq
    desk.publisher.status_changed()
    assert desk.publisher.writer._head.seq == seq
    for number, stream in enumerate(
        (StreamStatus(StreamState.STALE), StreamStatus(StreamState.STALE, "because")), start=1
    ):
        desk.status = replace(desk.status, stream=stream)
        desk.publisher.status_changed()
        assert desk.publisher.writer._head.seq == seq + number
    desk.reader.catch_up(force=True)
    assert desk.reader.status().stream.why == "because"


def test_the_whole_state_goes_out_at_most_four_times_a_second(desk: Desk) -> None:
    desk.publisher.beat()
    before = desk.publisher.writer._head.heartbeat
    for price in range(1, 6):
        desk.trade(float(price))
    assert desk.publisher.writer._head.heartbeat == before
    assert desk.seen() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_nothing_to_say_is_not_published(desk: Desk) -> None:
    desk.publisher.beat()
    seq = desk.publisher.writer._head.seq
    desk.publisher.ticks(trade(NOON, 1.0)[:0], 1)
    assert desk.publisher.writer._head.seq == seq


def test_while_the_cache_is_locked_ticks_and_bars_are_held_and_all_come_after_in_order(desk: Desk) -> None:
    desk.trade(1.0)
    with desk.locked():
        for minute in range(1, 4):
            desk.trade(float(minute + 1), NOON + minute * MINUTE)
        desk.publisher.beat()
        assert desk.publisher.failing and desk.seen() == [1.0]
    desk.publisher.beat()
    desk.trade(9.0, NOON + 4 * MINUTE)
    assert not desk.publisher.failing and desk.publisher.dropped == 0
    desk.publisher.beat()
    assert desk.seen() == [1.0, 2.0, 3.0, 4.0, 9.0]
    assert desk.closed() == [1.0, 2.0, 3.0, 4.0]


def test_a_database_that_refuses_writes_is_written_again_when_it_takes_them(desk: Desk) -> None:
    connection = desk.publisher.writer.store._cache._con
    connection.execute("PRAGMA query_only = 1")
    desk.trade(1.0)
    desk.trade(2.0, NOON + MINUTE)
    assert desk.publisher.failing and desk.seen() == []
    connection.execute("PRAGMA query_only = 0")
    desk.publisher.beat()
    assert desk.seen() == [1.0, 2.0] and desk.closed() == [1.0]


def test_more_ticks_than_can_be_held_cost_the_oldest_and_are_counted(
    desk: Desk,
) -> None:
    desk.publisher.held = HeldTicks(limit=3)
    with desk.locked():
        for price in range(1, 6):
            desk.trade(float(price))
    desk.publisher.beat()
    assert desk.seen() == [1.0, 4.0, 5.0] and desk.publisher.dropped == 2, "the one under way is kept apart"


def test_a_folder_that_was_deleted_is_made_anew_with_all_bars(desk: Desk) -> None:
    desk.trade(10.0)
    desk.trade(11.0, NOON + MINUTE)
    epoch = desk.publisher.writer.epoch
    shutil.rmtree(desk.folder)
    assert desk.seen() == [] and desk.reader.epoch == 0
    desk.publisher.beat()
    desk.trade(12.0, NOON + 2 * MINUTE)
    assert desk.reader.status().stream.state is StreamState.DOWN
    assert desk.seen() == [10.0, 11.0, 12.0], "the tape begins with what was published last"
    desk.publisher.beat()
    assert desk.closed() == [10.0, 11.0], "bars come out of memory"
    assert desk.reader.epoch > epoch and desk.reader.status().ready
    latest = desk.reader.latest("AAPL")
    assert latest is not None and latest["price"] == 12.0


def test_a_folder_that_was_deleted_and_replaced_by_a_strangers_is_taken_anew(desk: Desk) -> None:
    desk.trade(10.0)
    shutil.rmtree(desk.folder)
    MarketWriter(desk.folder).close()
    desk.publisher.beat()
    desk.trade(11.0)
    assert desk.seen() == [10.0, 11.0]


def test_a_new_epoch_writes_every_series_at_its_ordinals(desk: Desk) -> None:
    for minute in range(17):
        desk.trade(float(minute + 1), NOON + minute * MINUTE)
    desk.publisher.begin_epoch()
    assert desk.closed() == [float(minute + 1) for minute in range(16)]
    assert desk.closed("5Min") == [5.0, 10.0, 15.0] and desk.closed("15Min") == [15.0]
    for interval in ("1s", "1Min", "5Min", "15Min"):
        series = desk.market.book.series(0, interval)
        first, found = desk.publisher.writer.read_series("AAPL", interval)
        assert first == series.first and np.array_equal(found, series.bars), interval


def test_what_a_reader_adds_up_is_what_the_worker_holds(desk: Desk) -> None:
    for minute in range(7):
        at = NOON + minute * MINUTE
        desk.publisher.ticks(desk.market.add(Feed.STOCKS, quote(at, 9.0 + minute, 10.0 + minute), 5, 0.0), 5)
        desk.trade(10.0 + minute, at + 1, ts_recv=5)
    desk.publisher.beat()
    desk.reader.catch_up(force=True)
    theirs, ours = desk.reader.latest("AAPL"), desk.market.latest[0]
    assert theirs is not None and theirs.tobytes() == ours.tobytes()
    tables = desk.market.book.forming()
    for row, interval in enumerate(INTERVALS):
        forming = desk.reader.forming("AAPL", interval)
        assert (forming is not None) == bool(tables[0][row, 0]["start"])
        assert forming is None or (forming[0], forming[1].tobytes()) == (tables[1][row, 0], tables[0][row, 0].tobytes())
