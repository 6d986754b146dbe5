"""Faults of the cache under a publisher: noticed within 5 s, said, and over without a restart or a lost trade."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.errors import LeaseHeldError
from domain.feed import Feed
from domain.status import DeskStatus, StreamState, StreamStatus
from market_cache.reader import MarketReader
from market_cache.redis_keys import LEASE
from market_cache.redis_lease import RedisLease
from market_cache.stamp import Stamp
from market_cache.writer import MarketWriter
from stream_worker.held_ticks import HeldTicks
from stream_worker.market import Market
from stream_worker.publisher import Publisher
from tests.redis_server import RedisServer
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, bars, quote, trade

NOTICED_S = 5.0


class Desk:
    """A publisher as the worker has it, beaten each 50 ms while a test waits, and a reader that was there from the start."""

    def __init__(self, cache_url: str, owner: str = "") -> None:
        self.cache_url, self.owner, self.price = cache_url, owner, 0.0
        self.status = DeskStatus(stream=StreamStatus(StreamState.LIVE), backfilled=True)
        self.market = Market(("AAPL", "MSFT"))
        self.publisher = Publisher(self.writer, self.market, lambda: self.status)
        self.reader = MarketReader(cache_url)
        self.publisher.show("news", b"old news")
        self.publisher.begin_epoch()

    @property
    def file(self) -> Path:
        return Path(self.cache_url.removeprefix("diskcache:")) / "cache.db"

    def writer(self) -> MarketWriter:
        writer = MarketWriter(self.cache_url, self.owner)
        writer.claim(Stamp("sim", "", "", ""))
        return writer

    def trade(self, count: int = 1) -> None:
        """Trades at the prices 1, 2, 3, ... one a market second."""
        for _ in range(count):
            self.price += 1
            ticks = trade(NOON + int(self.price) * NS, self.price, id=int(self.price))
            self.publisher.ticks(self.market.add(Feed.STOCKS, ticks, time.time_ns(), 0.0), time.time_ns())

    def tape(self) -> list[float]:
        self.reader.catch_up(force=True)
        return [row.price for row in self.reader.trades_since("AAPL", 0, 1_000)]

    def live_until(self, fact: Callable[[], object], what: str) -> None:
        """Beat as the worker does until something is so, with a trade at each beat."""
        deadline = time.monotonic() + NOTICED_S
        while not fact():
            assert time.monotonic() < deadline, f"not within {NOTICED_S} s: {what}; {self.publisher.problem}"
            self.trade()
            self.publisher.beat()
            time.sleep(0.05)

    def is_whole(self) -> bool:
        """Whether a reader finds every trade that there was, every bar, and the document."""
        self.publisher.beat()
        tape, prices = self.tape(), [float(price) for price in range(1, int(self.price) + 1)]
        _, found = self.reader.bars("AAPL", "1s", 10_000)
        news = self.reader.document("news")
        return (
            not self.publisher.problem
            and tape == prices[-200:]
            and found["close"].tolist() == prices[:-1]
            and news is not None
            and news[1] == b"old news"
            and self.reader.status().ready
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(f"diskcache:{tmp_path / 'cache'}")
    desk.trade(20)
    assert desk.is_whole()
    yield desk
    desk.publisher.close()


def bad_files(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.file.parent.glob("*.bad-*") if not path.name.endswith("-wal"))


def test_a_deleted_directory_is_made_again(desk: Desk) -> None:
    shutil.rmtree(desk.file.parent)
    desk.live_until(desk.is_whole, "everything is there again")
    assert bad_files(desk) == []


def test_a_directory_that_was_replaced_by_a_strangers_cache_is_emptied_and_filled(desk: Desk) -> None:
    other = desk.file.parent.parent / "other"
    writer = MarketWriter(other)
    writer.claim(Stamp("paper", "", "", "stranger"))
    writer.close()
    shutil.rmtree(desk.file.parent)
    other.rename(desk.file.parent)
    desk.live_until(desk.is_whole, "everything is there again")


def damage(path: Path, offset: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(os.urandom(size))


@pytest.mark.parametrize("how", ["truncated", "header", "first half", "all", "no database"])
def test_a_file_that_was_overwritten_is_set_aside_and_everything_written_again(desk: Desk, how: str) -> None:
    desk.publisher.writer.store._carry_over()  # type: ignore[attr-defined]
    size = desk.file.stat().st_size
    match how:
        case "truncated":
            os.truncate(desk.file, 0)
        case "header":
            damage(desk.file, 0, 100)
        case "first half":
            damage(desk.file, 4_096, size // 2)
        case "all":
            damage(desk.file, 0, size)
        case "no database":
            desk.file.write_text("this is no database" * 1_000)
    desk.live_until(lambda: bad_files(desk) == ["cache.db.bad-1"], "the damage is noticed")
    desk.live_until(desk.is_whole, "everything is there again")


def test_damage_in_the_middle_that_the_writer_never_touches_is_noticed(desk: Desk) -> None:
    """Old bars lie in pages that nobody writes again."""
    old = bars(*(bar(NOON + day * MINUTE, 4_711.0 + day) for day in range(200)))
    desk.publisher.writer.write_series("MSFT", "1Day", 0, old)
    desk.publisher.writer.store._carry_over()  # type: ignore[attr-defined]
    damage(desk.file, desk.file.read_bytes().index(old[50:51].tobytes()), 16)
    desk.live_until(lambda: bad_files(desk) == ["cache.db.bad-1"], "the damage is noticed")
    desk.live_until(desk.is_whole, "everything is there again")


@pytest.mark.parametrize("how", ["deleted", "truncated", "overwritten"])
def test_damage_to_the_log_is_noticed_or_does_no_harm(desk: Desk, how: str) -> None:
    log = Path(f"{desk.file}-wal")
    match how:
        case "deleted":
            log.unlink()
        case "truncated":
            os.truncate(log, 0)
        case "overwritten":
            damage(log, 0, log.stat().st_size)
    desk.live_until(desk.is_whole, "everything is there again")


def test_two_damaged_files_are_kept(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.file.write_text("this is no database" * 1_000)
        Path(f"{desk.file}-wal").unlink()
        desk.live_until(lambda number=number: f"cache.db.bad-{number}" in bad_files(desk), "it is set aside")
        desk.live_until(desk.is_whole, "everything is there again")
    assert bad_files(desk) == ["cache.db.bad-2", "cache.db.bad-3"]


def test_rows_of_a_stranger_are_removed_while_the_worker_runs(desk: Desk) -> None:
    other = sqlite3.connect(desk.file, isolation_level=None)
    other.execute("INSERT INTO Cache(key, raw, mode, value) VALUES ('bars:AAPL:x', 1, 4, x'80')")
    other.execute("UPDATE Cache SET mode = 4, value = x'80' WHERE key = 'head'")
    desk.live_until(
        lambda: other.execute("SELECT count(*) FROM Cache WHERE mode <> 1").fetchone() == (0,), "they are gone"
    )
    other.close()
    desk.live_until(desk.is_whole, "everything is there again")
    assert bad_files(desk) == []


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    other = sqlite3.connect(desk.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_locked_cache_is_said_with_what_is_held_and_costs_the_loop_little_time(desk: Desk) -> None:
    with locked(desk):
        began, spent = time.monotonic(), 0.0
        while time.monotonic() - began < 1.0:
            before = time.monotonic()
            desk.trade()
            spent += time.monotonic() - before
            time.sleep(0.002)
        assert desk.publisher.problem.startswith("The cache is locked by another program (")
        assert desk.publisher.problem.endswith("ticks are held.")
        assert spent < 0.5, "the loop has other things to do"
    desk.live_until(desk.is_whole, "everything is there again")
    assert desk.publisher.dropped == desk.publisher.conflated == 0


def test_a_cache_that_is_deleted_while_it_is_locked_is_made_again(desk: Desk) -> None:
    with locked(desk):
        desk.trade(3)
        shutil.rmtree(desk.file.parent)
        desk.live_until(desk.is_whole, "everything is there again")


def test_a_full_disk_costs_no_trade(desk: Desk) -> None:
    connection = desk.publisher.writer.store._cache._con  # type: ignore[attr-defined]
    ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    desk.live_until(lambda: desk.publisher.problem.startswith("The disk of the cache is full"), "it is noticed")
    assert desk.tape() == [float(price) for price in range(1, int(desk.tape()[-1]) + 1)], "nothing is torn"
    connection.execute("PRAGMA max_page_count = 1000000")
    desk.live_until(desk.is_whole, "everything is there again")


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("a small file system can be mounted by root only")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_small_disk_that_really_fills_and_a_file_system_that_turns_read_only(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    with small_disk(folder):
        desk = Desk(f"diskcache:{folder / 'cache'}")
        desk.trade(3)
        ballast = folder / "ballast"
        with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4_096))
        desk.live_until(lambda: "full" in desk.publisher.problem, "the full disk is noticed")
        ballast.unlink()
        desk.live_until(desk.is_whole, "everything is there again")
        desk.publisher.close()


def test_quotes_are_given_up_before_trades_and_both_are_counted(desk: Desk) -> None:
    desk.publisher.held = HeldTicks(limit=100)
    with locked(desk):
        desk.trade()  # under way
        desk.trade(50)
        for number in range(60):
            ticks = desk.market.add(Feed.STOCKS, quote(NOON + 100 * NS + number, 9.0, 10.0), 1, 0.0)
            desk.publisher.ticks(ticks, time.time_ns())
        assert desk.publisher.conflated == 50 and desk.publisher.dropped == 0
        desk.trade(50)
        assert desk.publisher.dropped > 0
    dropped = desk.publisher.dropped
    desk.publisher.beat()
    assert len(desk.tape()) == int(desk.price) - dropped and desk.tape()[-1] == desk.price


def test_a_worker_that_starts_while_the_cache_is_locked_waits_for_it(desk: Desk) -> None:
    tries: list[float] = []

    def open_writer() -> MarketWriter:
        tries.append(time.monotonic())
        if len(tries) == 3:
            other.execute("ROLLBACK")
        return desk.writer()

    other = sqlite3.connect(desk.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    Publisher(open_writer, desk.market, lambda: desk.status).close()
    assert len(tries) == 3
    other.close()


# --- Redis ---


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def redis_desk(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    lease = RedisLease(server.url())
    desk = Desk(server.url(), lease.token)
    desk.trade(20)
    assert desk.is_whole()
    yield desk
    desk.publisher.close()
    lease.release()


def test_a_redis_that_was_killed_and_comes_back_empty_is_filled_again(redis_desk: Desk, server: RedisServer) -> None:
    server.stop()
    redis_desk.live_until(lambda: redis_desk.publisher.problem.startswith("The cache does not answer"), "it is noticed")
    assert redis_desk.tape(), "what was read before stays on the screen"
    assert "does not answer" in redis_desk.reader.problem
    redis_desk.live_until(
        lambda: "does not answer" in redis_desk.reader.status().stream.why, "the page says why what it shows is old"
    )
    server.start()
    redis_desk.live_until(redis_desk.is_whole, "everything is there again")
    assert redis_desk.reader.problem == ""


def test_a_redis_that_lost_its_keys_is_filled_again(redis_desk: Desk, server: RedisServer) -> None:
    server.client().flushall()
    redis_desk.live_until(redis_desk.is_whole, "everything is there again")


def test_a_redis_that_stood_still_goes_on_and_no_trade_comes_twice(redis_desk: Desk, server: RedisServer) -> None:
    server.freeze()
    redis_desk.live_until(lambda: redis_desk.publisher.problem.startswith("The cache does not answer"), "it is noticed")
    began = time.monotonic()
    redis_desk.reader.catch_up(force=True)
    redis_desk.reader.catch_up(force=True)
    assert time.monotonic() - began < 0.6, "a page does not wait for it"
    server.thaw()
    redis_desk.live_until(redis_desk.is_whole, "everything is there, once")


def test_a_worker_whose_cache_was_taken_over_stops_with_the_name_of_the_other(
    redis_desk: Desk, server: RedisServer
) -> None:
    server.client().delete(LEASE)
    other = RedisLease(server.url())
    redis_desk.trade()  # must not raise: the frames of a stream are booked here
    with pytest.raises(LeaseHeldError, match=r"process \d+ on \S+"):
        redis_desk.publisher.beat()
    other.release()
