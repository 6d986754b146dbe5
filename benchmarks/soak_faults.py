"""The faults of the soak: how each is done to a running desk, and how it is undone."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from domain.status import DeskStatus
from market_cache.reader import MarketReader
from tests.desk import Desk, wait_until
from tests.toxic_proxy import ToxicProxy


@dataclass
class Scene:
    """A whole desk on the practice market, with a proxy before its streams."""

    desk: Desk
    proxy: ToxicProxy
    reader: MarketReader
    locks: list[sqlite3.Connection] = field(default_factory=list)

    def status(self) -> DeskStatus:
        """What a page would show now."""
        self.reader.catch_up()
        return self.reader.status()

    @property
    def market_url(self) -> str:
        """Where the practice market is."""
        return f"http://127.0.0.1:{self.desk.simulator_port}"

    def worker_pid(self) -> int:
        """The worker that writes."""
        return self.status().worker.pid

    def market_answers(self) -> bool:
        """Whether the practice market is up."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.market_url}/_sim/health", timeout=1).status_code == 200
        return False

    def market_does_wrong(self, name: str, **more: object) -> None:
        """Arm a fault of the practice market's own."""
        httpx.post(f"{self.market_url}/_sim/faults", json={"name": name, **more}, timeout=5).raise_for_status()

    def market_plays(self, name: str, **more: object) -> None:
        """Have the practice market play a scenario."""
        answer = httpx.post(f"{self.market_url}/_sim/scenario", json={"name": name, **more}, timeout=5)
        if answer.status_code != 400:  # 400: for example no trade yet that could be corrected
            answer.raise_for_status()


def nothing(scene: Scene) -> None:
    """It undoes itself."""


@dataclass(frozen=True)
class Fault:
    """`strike`, then `heal` after `lasts_s`. `shows`: whether the page must show that something is wrong."""

    strike: Callable[[Scene], None]
    lasts_s: float = 0.0
    heal: Callable[[Scene], None] = nothing
    shows: bool = True


def mood(name: str) -> Callable[[Scene], None]:
    """What the network is like from now on."""

    def change(scene: Scene) -> None:
        scene.proxy.mood = name  # type: ignore[assignment]

    return change


def slowly(delay_s: float, slice_bytes: int) -> Callable[[Scene], None]:
    """A network that delays and cuts."""

    def change(scene: Scene) -> None:
        scene.proxy.delay_s, scene.proxy.slice_bytes = delay_s, slice_bytes

    return change


def reset(scene: Scene) -> None:
    """Every connection through the proxy gets a TCP reset."""
    scene.proxy.reset()


def refuse(scene: Scene) -> None:
    """A reset, and no new connection."""
    scene.proxy.mood = "refuse"
    scene.proxy.reset()


def end_blackhole(scene: Scene) -> None:
    """The network is back, and with it the news that the old connection is gone: else the market keeps its place taken."""
    scene.proxy.reset()
    scene.proxy.mood = "pass"


def signal_worker(number: signal.Signals) -> Callable[[Scene], None]:
    """A signal to the worker."""
    return lambda scene: os.kill(scene.worker_pid(), number)


def delete_cache(scene: Scene) -> None:
    """Somebody cleans up."""
    shutil.rmtree(scene.desk.folder / "data" / "cache", ignore_errors=True)


def lock_cache(scene: Scene) -> None:
    """Another program holds the cache's lock."""
    other = sqlite3.connect(scene.desk.folder / "data" / "cache" / "cache.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    scene.locks.append(other)


def unlock_cache(scene: Scene) -> None:
    """It lets go."""
    while scene.locks:
        other = scene.locks.pop()
        other.execute("ROLLBACK")
        other.close()


def kill_market(scene: Scene) -> None:
    """The practice market dies and is started again."""
    process = [process for name, process in scene.desk._started if name == "simulator"][-1]
    process.kill()
    process.wait()
    scene.desk.start("simulator")
    wait_until(scene.market_answers, 20, "the practice market is back")


def market_fault(name: str, **more: object) -> Callable[[Scene], None]:
    """A fault of the practice market's own."""
    return lambda scene: scene.market_does_wrong(name, **more)


def scenario(name: str, **more: object) -> Callable[[Scene], None]:
    """A scenario of the practice market's."""
    return lambda scene: scene.market_plays(name, **more)


FAULTS: Final[dict[str, Fault]] = {
    "TCP reset": Fault(reset),
    "no network": Fault(refuse, 3.0, mood("pass")),
    "blackhole": Fault(mood("stall"), 7.0, end_blackhole),
    "latency 0.3 s": Fault(slowly(0.3, 0), 4.0, slowly(0.0, 0), shows=False),
    "slices of 7 bytes": Fault(slowly(0.0, 7), 2.0, slowly(0.0, 0), shows=False),
    "worker killed": Fault(signal_worker(signal.SIGKILL)),
    "worker frozen": Fault(signal_worker(signal.SIGSTOP), 5.0, signal_worker(signal.SIGCONT)),
    "cache deleted": Fault(delete_cache, shows=False),
    "cache locked": Fault(lock_cache, 3.5, unlock_cache),
    "stream mute": Fault(market_fault("data_mute", seconds=6.0, feed="stocks"), 6.0),
    "stream dropped": Fault(market_fault("data_drop", count=1)),
    "frames twice": Fault(market_fault("data_duplicate", count=40), 2.0, shows=False),
    "frames out of order": Fault(market_fault("data_reorder", count=40), 2.0, shows=False),
    "garbage": Fault(market_fault("data_garbage", count=5), 2.0, shows=False),
    "late trade": Fault(scenario("late_trade", symbol="AAPL", seconds=20), 1.0, shows=False),
    "correction": Fault(scenario("correction", symbol="MSFT"), 1.0, shows=False),
    "canceled trade": Fault(scenario("cancel_trade", symbol="AAPL"), 1.0, shows=False),
    "silent symbol": Fault(scenario("silence", symbol="MSFT", seconds=6), 7.0, shows=False),
}
"""What is drawn from, again and again."""

AT_THE_START: Final[dict[str, Fault]] = {"practice market killed": Fault(kill_market)}
"""Once, before the bars are compared: a practice market that starts anew makes the minutes before it anew."""
