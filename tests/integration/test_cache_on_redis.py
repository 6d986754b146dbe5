"""The whole desk on Redis: it starts, survives a Redis that dies and comes back empty, and never has two writers."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from market_cache.redis_keys import LEASE
from tests.desk import Desk, desk, wait_until
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def running(tmp_path: Path, server: RedisServer) -> Iterator[Desk]:
    with desk(tmp_path, CACHE_URL=server.url(), SYMBOLS="AAPL,MSFT") as running:
        for part in ("simulator", "worker", "dashboard"):
            running.start(part)
        wait_until(lambda: ready(running), 40, "the desk is ready")
        yield running


def health(desk: Desk) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"{desk.url}/healthz", timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def ready(desk: Desk) -> bool:
    return bool(health(desk).get("ready"))


def test_the_desk_runs_on_redis_and_survives_one_that_dies(running: Desk, server: RedisServer) -> None:
    assert len(running.bars("AAPL", "1Min")) > 100
    bars = len(running.bars("AAPL", "1Min"))
    server.stop()
    wait_until(lambda: not health(running)["cache"]["ok"], 5, "the page says that the cache is away")
    assert "does not answer" in health(running)["cache"]["why"]
    server.start()
    wait_until(lambda: ready(running), 10, "the desk is ready again, without a restart")
    assert len(running.bars("AAPL", "1Min")) >= bars
    assert running.process("worker").poll() is None


def test_a_second_worker_ends_with_4_and_so_does_one_that_was_replaced(running: Desk, server: RedisServer) -> None:
    first = running.process("worker")
    elsewhere = Desk(running.folder / "elsewhere", CACHE_URL=server.url(), SYMBOLS="AAPL,MSFT")
    elsewhere.folder.mkdir()
    elsewhere.environment["SIMULATOR_PORT"] = running.environment["SIMULATOR_PORT"]
    second = elsewhere.call("worker", limit_s=30)
    assert second.returncode == 4 and f"process {first.pid} on " in second.stderr
    first.send_signal(signal.SIGSTOP)
    wait_until(lambda: not server.client().exists(LEASE), 5, "its lease runs out")
    third = elsewhere.start("worker")
    wait_until(lambda: server.client().exists(LEASE), 20, "another worker takes over")
    first.send_signal(signal.SIGCONT)
    assert first.wait(15) == 4
    assert f"process {third.pid} on " in running.log
    elsewhere.close()
