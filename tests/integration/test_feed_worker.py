"""The worker process itself: killed, frozen, doubled, its cache taken away. The page must know, and nothing may be lost."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import wait_until
from tests.feed_desk import FeedDesk, feed_desk, feed_server, note_times

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedDesk]:
    """One desk folder for all of these; the worker of the moment is the one started last."""
    folder: Path = tmp_path_factory.mktemp("worker")
    with feed_server() as server, feed_desk(folder, server, STALE_AFTER_S="20") as made:
        made.start("worker")
        wait_until(lambda: made.is_live, 20, "live")
        yield made


@pytest.fixture
def desk(running: FeedDesk) -> Iterator[FeedDesk]:
    """The worker, live; afterwards it must be live and whole again."""
    running.comes_back()
    yield running
    running.comes_back()
    running.assert_whole()


def test_a_second_worker_ends_at_once_and_says_why(desk: FeedDesk) -> None:
    connects = len(desk.server.stock_connects())
    second = desk.call("worker")
    assert second.returncode == 4 and "another stream worker" in second.stderr
    assert len(desk.server.stock_connects()) == connects


def test_a_frozen_worker_is_late_then_down_and_then_itself_again(desk: FeedDesk) -> None:
    process = desk.newest("worker")
    process.send_signal(signal.SIGSTOP)
    noticed = desk.becomes(lambda stream: stream.state == "stale", 3.5, "the worker is late")
    desk.becomes(lambda stream: stream.state == "down", 4, "the worker counts as stopped")
    process.send_signal(signal.SIGCONT)
    note_times("worker frozen (SIGSTOP)", noticed, desk.comes_back())


def test_a_killed_worker_is_missed_within_five_seconds_and_the_next_loses_nothing(desk: FeedDesk) -> None:
    process = desk.newest("worker")
    process.kill()
    process.wait()
    began = time.monotonic()
    noticed = desk.becomes(lambda stream: stream.state == "stale", 3.5, "nothing is called live any more")
    desk.becomes(lambda stream: stream.state == "down", 5.5 - noticed, "it is down")
    desk.start("worker")
    started = time.monotonic()
    desk.comes_back()
    note_times("worker killed", noticed, time.monotonic() - started)
    assert time.monotonic() - began < 15


def test_a_stopped_worker_says_so_and_the_next_goes_on(desk: FeedDesk) -> None:
    process = desk.newest("worker")
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    desk.becomes(lambda stream: stream.state == "down", 1, "it said so itself")
    assert "stopped" in desk.stream.why
    desk.start("worker")


def test_a_locked_cache_costs_nothing(desk: FeedDesk) -> None:
    dropped = desk.stream.dropped
    other = sqlite3.connect(desk.folder / "data" / "cache" / "cache.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    noticed = desk.becomes(lambda stream: stream.state == "stale", 6, "what is shown is called stale")
    assert "cache cannot be written" in desk.log
    assert desk.server.live == 1, "the stream goes on"
    other.execute("ROLLBACK")
    other.close()
    note_times("cache locked by another program", noticed, desk.comes_back())
    assert desk.stream.dropped == dropped and desk.server.live == 1


def test_a_deleted_cache_is_filled_again_by_the_running_worker(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    began = time.monotonic()
    shutil.rmtree(desk.folder / "data" / "cache")
    note_times("cache deleted", None, desk.comes_back())
    assert time.monotonic() - began < 10 and desk.stream.connects == connects
