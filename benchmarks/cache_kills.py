"""A writer that is killed in the middle of its work, again and again, on either backend: what a reader sees of it.

Each life writes publications that belong together (two symbols, a closed bar, the state) as fast as it can and says each
number over a pipe once `publish` has returned; after some milliseconds it gets SIGKILL. Counted are: torn (a reader saw parts
of different publications), lost (a number was said, and the cache does not have it), backwards (the number or the epoch went
down). The short form is 20 kills; `--kills 1000` is the long one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain.closed_bar import CLOSED_BAR
from domain.interval import INTERVALS
from domain.status import DeskStatus
from domain.tick import TRADE, Kind, Records
from market_cache import snapshot
from market_cache.fault import CacheFault
from market_cache.head import KEY, Head
from market_cache.reader import MarketReader
from market_cache.snapshot import empty_tables
from market_cache.store import open_readable
from market_cache.writer import MarketWriter, State

RESULTS = Path(__file__).parent / "results" / "cache_kills.json"
MINUTE_NS = 60 * 10**9
LIFE = 1_000_000
SAID = struct.Struct("<q")


@dataclass
class Verdict:
    """What went wrong, and what was done."""

    kills: int = 0
    publications: int = 0
    looks: int = 0
    torn: int = 0
    lost: int = 0
    backwards: int = 0
    back_ms_median: float = 0.0
    back_ms_worst: float = 0.0


def write(cache_url: str, life: int, says: int) -> None:
    """One life: publications 1, 2, 3, ... in which every number tells of the life and the publication."""
    writer = _insist(lambda: MarketWriter(cache_url, ring_slots=64))
    state = State(*empty_tables(2), DeskStatus())
    _insist(lambda: writer.begin_epoch(("A", "B"), state))
    ticks, closed = np.zeros(2, TRADE), np.zeros(1, CLOSED_BAR)
    ticks["kind"], ticks["symbol"] = Kind.TRADE, (0, 1)
    closed["interval"] = INTERVALS.index("1Min")
    for number in range(1, 10**9):
        price = life * LIFE + number
        ticks["price"], ticks["ts_event"] = price, price
        closed["ordinal"], closed["bar"]["close"], closed["bar"]["start"] = number, price, number * MINUTE_NS
        state.latest["price"][:], state.latest["trade_ts_event"][:] = price, price
        os.write(says, SAID.pack(_insist(lambda: _publish_once(writer, ticks, closed, state))))


def _publish_once(writer: MarketWriter, ticks: Records, closed: Records, state: State) -> int:
    return writer._head.seq if writer.arrived() else writer.publish(ticks, closed, state)


def _insist(act: Callable[[], Any]) -> Any:
    """Do it until it is done: on a crowded machine Redis may not answer in time, as the publisher knows."""
    while True:
        try:
            return act()
        except CacheFault:
            time.sleep(0.02)


def is_torn(reader: MarketReader) -> bool:
    """Whether what a reader sees after one look is of more than one publication."""
    reader.catch_up(force=True)
    first, second = reader.latest("A"), reader.latest("B")
    if first is None or second is None or not first["price"]:
        return False
    begin, bars = reader.bars("A", "1Min", 50)
    tape = reader.trades_since("A", 0, 1)
    return bool(
        first["price"] != second["price"]
        or (tape and tape[-1].price != first["price"])
        or any(bar["close"] % LIFE != begin + place for place, bar in enumerate(bars))
    )


def is_torn_at_rest(reader: MarketReader) -> bool:
    """Whether the cache that a dead writer left holds a bar or a state of a publication that was not finished."""
    torn = is_torn(reader)
    latest = reader.latest("A")
    state = snapshot.unpack((reader._store.get(snapshot.KEY) or {}).get(snapshot.KEY))
    if latest is None or state is None or not latest["price"]:
        return torn
    life, number = divmod(int(latest["price"]), LIFE)
    first, bars = reader.bars("A", "1Min", 2, before=number + 2)
    closes = {first + place: int(close) for place, close in enumerate(bars["close"])}
    unfinished = closes.get(number + 1, 0) >= life * LIFE
    return bool(torn or unfinished or closes[number] != latest["price"] or state.latest["price"][1] != latest["price"])


def one_life(cache_url: str, reader: MarketReader, verdict: Verdict, chance: random.Random) -> list[float]:
    """Fork a writer, look at its work, kill it, and compare what it said with what is there."""
    before = head_of(cache_url)
    heard, says = os.pipe()
    began = time.perf_counter()
    writer = os.fork()
    if not writer:
        try:
            write(cache_url, verdict.kills + 1, says)
        finally:
            os._exit(1)  # a child must not go on as its parent
    os.close(says)
    said = [SAID.unpack(os.read(heard, 8))[0]]
    back_s = time.perf_counter() - began
    until = time.perf_counter() + chance.uniform(0.0, 0.02)
    while time.perf_counter() < until:
        verdict.torn += is_torn(reader)
        verdict.looks += 1
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    while data := os.read(heard, 8):
        said.append(SAID.unpack(data)[0])
    os.close(heard)
    after = head_of(cache_url)
    verdict.torn += is_torn(reader) + is_torn_at_rest(MarketReader(cache_url, ring_slots=64))
    verdict.lost += after.seq < said[-1]
    verdict.backwards += after.seq <= before.seq or after.epoch <= before.epoch or said != sorted(set(said))
    verdict.kills += 1
    verdict.publications += len(said)
    return [1e3 * back_s]


def head_of(cache_url: str) -> Head:
    """The newest publication, as a reader that was just opened finds it."""
    view = open_readable(cache_url)
    found = Head.unpack((view.get(KEY) or {}).get(KEY)) or Head(0, 0, 0, 0)
    view.close()
    return found


def run(cache_url: str, kills: int, seed: int) -> Verdict:
    """All the lives on one cache, with one reader that is there all the time."""
    verdict, chance = Verdict(), random.Random(seed)
    reader = MarketReader(cache_url, ring_slots=64)
    times: list[float] = []
    for _ in range(kills):
        times += one_life(cache_url, reader, verdict, chance)
    verdict.back_ms_median, verdict.back_ms_worst = round(statistics.median(times), 1), round(max(times), 1)
    return verdict


def run_on_redis(kills: int, seed: int) -> Verdict:
    """The same on a Redis server of its own."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = f"redis-server --port {port} --bind 127.0.0.1 --dir {folder} --appendonly no".split()
        server = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        cache_url = f"redis://127.0.0.1:{port}/0"
        try:
            while open_readable(cache_url).get(KEY) is None:
                time.sleep(0.1)
            return run(cache_url, kills, seed)
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    """Kill, print, and keep the result; exit code 1 if anything was torn, lost or went backwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), **vars(options)}
    with tempfile.TemporaryDirectory() as folder:
        result["diskcache"] = asdict(run(f"diskcache:{folder}/cache", options.kills, options.seed))
    if shutil.which("redis-server"):
        result["redis"] = asdict(run_on_redis(options.kills, options.seed))
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    bad = [
        result[name][fault]
        for name in ("diskcache", "redis")
        if name in result
        for fault in ("torn", "lost", "backwards")
    ]
    raise SystemExit(1 if any(bad) else 0)


if __name__ == "__main__":
    main()
