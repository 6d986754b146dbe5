"""The soak: a whole desk on the practice market for some minutes, with a fault every few seconds, drawn by a seed.

Afterwards every bar must equal REST's, the fills must agree, every state in which the feed was not believable must belong to
a fault, and the worker's memory must not grow. SOAK_MINUTES says how long (4), SOAK_SEED which faults (1).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.soak_check import bars_that_differ, fills_that_differ, seconds_that_differ, slope_mb_an_hour
from benchmarks.soak_faults import AT_THE_START, FAULTS, Fault, Scene
from domain.status import BELIEVABLE
from market_cache.reader import MarketReader
from tests.desk import Desk, desk, wait_until
from tests.toxic_proxy import ToxicProxy

RESULTS: Final = Path(__file__).parent / "results" / "soak.json"
SYMBOLS: Final = ("AAPL", "MSFT", "SPY", "TSLA")
STALE_AFTER_S: Final = 3.0
RECOVERY_LIMIT_S: Final = 45.0
NEVER: Final = datetime.max.replace(tzinfo=UTC)
SETTLING_S: Final = 1.5
"""What happens within so long after a fault belongs to it."""

DEATHS: Final = frozenset({"worker killed", "cache deleted"})
"""Only in the first half: in the second, one worker shall live long enough for its memory to be measured."""

ORDER_EVERY: Final = 4
"""An order after every so many faults."""


@dataclass
class Watch:
    """Looks at the desk ten times a second, from a thread of its own."""

    scene: Scene
    memory: list[tuple[float, int, float]] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    fault: str = ""
    start: datetime = NEVER
    """From here on the bars are compared."""

    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look until stopped."""
        while not self._stopped.wait(0.1):
            status = self.scene.status()
            self.memory.append((time.monotonic(), status.worker.pid, status.worker.rss_mb))
            if status.stream.state not in BELIEVABLE and not self.fault:
                self.unexplained.append(f"{status.stream.state}: {status.stream.why}")

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()


@dataclass
class Times:
    """How long it took, by fault, in seconds."""

    noticed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    recovered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def summary(self) -> dict[str, Any]:
        """Count, p50, p99 and max of each."""
        return {
            name: {"times": len(took), "noticed_s": _quantiles(self.noticed[name]), "recovered_s": _quantiles(took)}
            for name, took in sorted(self.recovered.items())
        }


def _quantiles(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    p50, p99 = np.percentile(values, (50, 99))
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "max": round(max(values), 2)}


@contextlib.contextmanager
def whole_desk(folder: Path) -> Iterator[Scene]:
    """Practice market, proxy, worker and page, live."""
    with desk(folder, SYMBOLS=",".join(SYMBOLS), STALE_AFTER_S=str(STALE_AFTER_S), SIMULATOR_SEED="3") as made:
        made.start("simulator")
        with ToxicProxy(made.simulator_port) as proxy:
            scene = Scene(made, proxy, MarketReader(made.cache_url))
            wait_until(scene.market_answers, 20, "the practice market")
            made.environment |= _urls(made, proxy)
            made.start("run")
            wait_until(lambda: scene.status().ready, 30, "the desk is ready")
            yield scene


def _urls(made: Desk, proxy: ToxicProxy) -> dict[str, str]:
    market = f"http://127.0.0.1:{made.simulator_port}"
    streams = f"ws://127.0.0.1:{proxy.port}"
    places = {"ALPACA_TRADING_URL": market, "ALPACA_DATA_URL": market, "ALPACA_DATA_STREAM_URL": streams}
    keys = {"ALPACA_API_KEY": "practice", "ALPACA_SECRET_KEY": "practice"}
    return {**places, **keys, "ALPACA_TRADING_STREAM_URL": f"{streams}/stream"}


def endure(scene: Scene, watch: Watch, name: str, fault: Fault, times: Times) -> None:
    """Strike, wait until it is shown if it must be, heal, and wait until the desk is itself again."""
    before, epoch = scene.status(), scene.reader.epoch
    watch.fault = name
    struck = time.monotonic()
    fault.strike(scene)
    if fault.shows:
        wait_until(lambda: _is_seen(scene, before, epoch), 15, f"{name} is noticed")
        times.noticed[name].append(time.monotonic() - struck)
    time.sleep(max(struck + fault.lasts_s - time.monotonic(), 0.0))
    fault.heal(scene)
    healed, since = time.monotonic(), time.time_ns()
    wait_until(lambda: _is_itself(scene, since), RECOVERY_LIMIT_S, f"the desk is itself after {name}")
    times.recovered[name].append(time.monotonic() - healed)
    time.sleep(SETTLING_S)
    watch.fault = ""


def _is_seen(scene: Scene, before: Any, epoch: int) -> bool:
    """Whether the page shows that something is, or was, wrong."""
    now = scene.status()
    other = (now.stream.connects, now.worker.pid) != (before.stream.connects, before.worker.pid)
    return other or scene.reader.epoch != epoch or now.stream.state not in BELIEVABLE


def _is_itself(scene: Scene, since: int) -> bool:
    """Whether it may be used, and shows an event of after `since` for some symbol."""
    status = scene.status()
    rows = [scene.reader.latest(symbol) for symbol in SYMBOLS]
    newest = max(
        (max(int(row["trade_ts_event"]), int(row["quote_ts_event"])) for row in rows if row is not None), default=0
    )
    return status.ready and status.reconciled and newest > since


def schedule(minutes: float, seed: int) -> Iterator[tuple[str, Fault]]:
    """Every fault once in an order of the seed, then again, until the time is over."""
    dice, began = random.Random(seed), time.monotonic()
    yield from AT_THE_START.items()
    while True:
        for name in dice.sample(sorted(FAULTS), len(FAULTS)):
            part = (time.monotonic() - began) / (minutes * 60)
            if part > 1:
                return
            if part > 0.5 and name in DEATHS:
                continue
            time.sleep(dice.uniform(0.2, 1.5))
            yield name, FAULTS[name]


def judge(scene: Scene, start: datetime) -> dict[str, str]:
    """What is wrong in the end, by what was compared; empty if nothing is."""
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    found = {"fills": fills_that_differ(scene)}
    for symbol in SYMBOLS:
        for what, differ in ("1Min", bars_that_differ), ("1s", seconds_that_differ):
            with contextlib.suppress(AssertionError):
                wait_until(lambda: differ(scene, symbol, start, end) == "", 5, "equal")  # noqa: B023
            found[f"{symbol} {what}"] = differ(scene, symbol, start, end)
    return {name: wrong for name, wrong in found.items() if wrong}


def suffer(scene: Scene, watch: Watch, times: Times, minutes: float, seed: int) -> Iterator[str]:
    """All faults of the schedule, one after another, and some orders between them; what went wrong."""
    for number, (name, fault) in enumerate(schedule(minutes, seed)):
        try:
            endure(scene, watch, name, fault, times)
        except AssertionError as late:
            yield f"fault {number}: {late}: {scene.status().stream}"
            fault.heal(scene)
        print(f"{datetime.now(UTC):%H:%M:%S} {number:4} {name:24} {times.recovered[name][-1:]}", flush=True)
        if name in AT_THE_START:
            watch.start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        if number % ORDER_EVERY == 2:
            scene.desk.call("order", "buy", SYMBOLS[number % len(SYMBOLS)], "1")
    wait_until(lambda: datetime.now(UTC) > watch.start + timedelta(minutes=1, seconds=5), 180, "a whole minute")


def soak(minutes: float, seed: int) -> dict[str, Any]:
    """Run it; what came out."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder, whole_desk(Path(folder)) as scene:
        watch = Watch(scene)
        looking = threading.Thread(target=watch.run, daemon=True)
        looking.start()
        problems = list(suffer(scene, watch, times, minutes, seed))
        watch.stop()
        looking.join()
        gaps = scene.status().stream.gaps
        problems += [f"gap not filled: {gap}" for gap in gaps if not gap["filled"] or gap["verified"] is False]
        problems += [f"{name}: {wrong}" for name, wrong in judge(scene, watch.start).items()]
        problems += [f"unexplained state {state}" for state in dict.fromkeys(watch.unexplained)]
    every = [took for name in times.recovered for took in times.recovered[name]]
    return {
        "minutes": minutes,
        "seed": seed,
        "faults": len(every),
        "problems": problems,
        "recovered_s": _quantiles(every),
        "worker_mb_an_hour": slope_mb_an_hour(watch.memory),
        "by_fault": times.summary(),
    }


def main() -> None:
    """Soak, print, and keep the result."""
    result = soak(float(os.environ.get("SOAK_MINUTES", "4")), int(os.environ.get("SOAK_SEED", "1")))
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(result["problems"]))


if __name__ == "__main__":
    main()
