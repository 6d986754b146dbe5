"""Hours of a market in minutes through a whole worker: whether the memory of the process stays flat.

The practice market (all of its symbols, trades, quotes, bars, order books, news) runs at many times its speed, and
`tickdesk.py worker` streams it: sockets, history by REST, trade updates, journal and cache on disk included, nothing in its place.
Its resident memory is read from the system with the market's time beside it. The slope is that of the last half, by least squares:
the series of bars fill up in the first hours, each to its own bound (domain.interval.KEEP_BARS).

    python -m benchmarks.worker_memory [--hours 12] [--speed 60]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from domain.status import DeskStatus
from market_cache.reader import MarketReader
from tests.desk import Desk, desk, wait_until

RESULTS: Final = Path(__file__).parent / "results" / "worker_memory.json"
HOUR_NS: Final = 3_600 * 10**9
LOOK_S: Final = 1.0
PAGE_MB: Final = os.sysconf("SC_PAGE_SIZE") / 2**20
FILLED_WITHIN_S: Final = 300.0
"""History comes at the speed of the machine, while the market goes on at many times its own."""

PARTS: Final = 8
"""Of the time, at whose ends the memory is told."""


def resident_mb(pid: int) -> float:
    """The resident memory of a process, as the system tells it."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB


def run(hours: float, speed: float, limit_s: float) -> dict[str, Any]:
    """A worker on the practice market for so many market hours; what was seen of it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        desk(Path(folder), SIMULATOR_SPEED=f"{speed:g}", STREAM_NEWS="true") as made,
    ):
        made.start("simulator")
        worker = made.start("worker")
        reader = MarketReader(made.cache_url)
        wait_until(lambda: _status(reader).backfilled, FILLED_WITHIN_S, "the worker streams")
        looks = _look(made, reader, worker.pid, hours, limit_s)
        return _told(looks, _status(reader), speed)


def _look(made: Desk, reader: MarketReader, pid: int, hours: float, limit_s: float) -> list[tuple[float, float]]:
    """Market hours since the first look, and memory, once a second."""
    looks: list[tuple[float, float]] = []
    began, ends = _status(reader).market.now, time.monotonic() + limit_s
    while time.monotonic() < ends and (not looks or looks[-1][0] < hours):
        time.sleep(LOOK_S)
        if made.process("worker").poll() is not None:
            raise SystemExit(f"the worker ended: {made.log[-2000:]}")
        looks.append(((_status(reader).market.now - began) / HOUR_NS, resident_mb(pid)))
    return looks


def _told(looks: list[tuple[float, float]], last: DeskStatus, speed: float) -> dict[str, Any]:
    at, mb = np.array(looks).T
    half = at >= at[-1] / 2
    parts = np.searchsorted(at, np.linspace(0, at[-1], PARTS + 1))
    return {
        "speed": speed,
        "market_hours": round(float(at[-1]), 2),
        "took_s": round(len(looks) * LOOK_S),
        "mb_an_hour_last_half": round(float(np.polyfit(at[half], mb[half], 1)[0]), 2),
        "mb_an_hour_whole": round(float(np.polyfit(at, mb, 1)[0]), 2),
        "mb_at": {f"{at[part]:.1f} h": round(float(mb[part]), 1) for part in parts.clip(max=len(at) - 1).tolist()},
        "mb_most": round(float(mb.max()), 1),
        "symbols": last.budget.used,
        "state": last.stream.state.value,
        "connects": last.stream.connects,
        "gaps": len(last.stream.gaps),
        "quarantined": last.stream.quarantined,
        "bar_mismatches": last.stream.bar_mismatches,
    }


def _status(reader: MarketReader) -> DeskStatus:
    reader.catch_up(force=True)
    return reader.status()


def main() -> None:
    """Measure, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=12.0, help="market hours")
    parser.add_argument("--speed", type=float, default=60.0, help="market seconds a second")
    parser.add_argument("--limit-s", type=float, default=1_800.0, help="real seconds after which it ends in any case")
    asked = parser.parse_args()
    found = run(asked.hours, asked.speed, asked.limit_s)
    result = {"python": platform.python_version(), "cores": os.cpu_count(), **found}
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
