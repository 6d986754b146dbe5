"""Fifty readers of a market of 10,000 ticks a second, ten looks a second each: ours against polling a key a symbol.

Naive: a writer that sets one key a tick, and readers that get the latest key of each of 100 symbols at each look: what comes
between two looks is lost. Ours: the product's MarketWriter and MarketReader, which deliver every tick (counted), the latest
of every symbol, the tape and the status. `delta` is the same without adding up: only the segments, checked and decoded.
What the ratio compares is the CPU of all readers together. `writer` says how much of its rate the readers cost the writer.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diskcache
import numpy as np

from domain.status import DeskStatus
from domain.tick import TICK, Kind, Records
from market_cache import segment
from market_cache.head import KEY, Head
from market_cache.reader import MarketReader
from market_cache.snapshot import empty_tables
from market_cache.store import open_readable
from market_cache.writer import NO_BARS, RING_SLOTS, MarketWriter, State

SYMBOLS = tuple(f"S{number:03}" for number in range(100))
RATE, LOOKS = 10_000, 10
FLUSH_S = 0.005
RESULTS = Path(__file__).parent / "results" / "cache_readers.json"

fork = multiprocessing.get_context("fork")


def ticks_of_a_flush(number: int) -> Records:
    """Fifty ticks, three quotes to a trade, on symbols in turn."""
    count = int(RATE * FLUSH_S)
    ticks = np.zeros(count, TICK)
    place = np.arange(number * count, (number + 1) * count)
    ticks["ts_event"], ticks["symbol"], ticks["id"] = place * 100_000, place % len(SYMBOLS), place
    ticks["kind"] = np.where(place % 4, Kind.QUOTE, Kind.TRADE)
    ticks["a"], ticks["b"], ticks["c"] = 100.0, 100.01, 1.0
    return ticks


def paced(seconds: float, act: Callable[[int], None]) -> float:
    """Act each 5 ms for so long; the acts a second that were reached."""
    began = time.perf_counter()
    number = 0
    while (now := time.perf_counter() - began) < seconds:
        if number * FLUSH_S <= now:
            act(number)
            number += 1
        else:
            time.sleep(number * FLUSH_S - now)
    return number / (time.perf_counter() - began)


def _stay_on(core: int) -> None:
    """The writer on the last core, all readers on the first, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


def write_ours(place: str, seconds: float, answer: Any) -> None:
    """The product's writer: a publication each 5 ms, the state at 4 Hz."""
    _stay_on(-1)
    writer = MarketWriter(place)
    state = State(*empty_tables(len(SYMBOLS)), DeskStatus())
    writer.begin_epoch(SYMBOLS, state)
    before = time.process_time()
    acts = paced(seconds, lambda number: _publish(writer, state, number))
    answer.put(("writer", acts * RATE * FLUSH_S, time.process_time() - before))
    writer.close()


def _publish(writer: MarketWriter, state: State, number: int) -> None:
    writer.publish(ticks_of_a_flush(number), NO_BARS, None if number % 50 else state, time.time_ns())


def write_naive(place: str, seconds: float, answer: Any) -> None:
    """One `set` a tick, default settings."""
    _stay_on(-1)
    cache = diskcache.Cache(place.removeprefix("diskcache:"))

    def flush(number: int) -> None:
        for tick in ticks_of_a_flush(number).tolist():
            cache.set(SYMBOLS[tick[6]], tick)

    before = time.process_time()
    acts = paced(seconds, flush)
    answer.put(("writer", acts * RATE * FLUSH_S, time.process_time() - before))
    cache.close()


def read_ours(place: str, seconds: float, answer: Any) -> None:
    """The product's reader; it counts what it was given."""
    reader, seen = MarketReader(place), [0]
    take = reader._take
    reader._take = lambda items: (seen.__setitem__(0, seen[0] + sum(i.n_ticks for i in items)), take(items))[1]  # type: ignore[method-assign]
    _look(seconds, lambda: reader.catch_up(force=True), answer, lambda: seen[0])


def read_delta(place: str, seconds: float, answer: Any) -> None:
    """The segments since the last look, checked and decoded, and nothing else."""
    view = open_readable(place)
    seq, seen = 0, 0

    def look() -> None:
        nonlocal seq, seen
        head = Head.unpack((view.get(KEY) or {}).get(KEY))
        if head is None:
            return
        numbers = range(seq + 1 if seq else head.seq, head.seq + 1)
        found = view.get(*(number % RING_SLOTS for number in numbers)) or {}
        for number in numbers:
            item = segment.unpack(found.get(number % RING_SLOTS))
            seen += len(item.ticks) if item is not None and item.seq == number else 0
        seq = head.seq

    _look(seconds, look, answer, lambda: seen)


def read_naive(place: str, seconds: float, answer: Any) -> None:
    """The latest key of every symbol."""
    cache, seen = diskcache.Cache(place.removeprefix("diskcache:")), 0

    def look() -> None:
        nonlocal seen
        seen += sum(cache.get(symbol) is not None for symbol in SYMBOLS)

    _look(seconds, look, answer, lambda: seen)


def _look(seconds: float, look: Callable[[], None], answer: Any, seen: Callable[[], int]) -> None:
    _stay_on(0)
    while not seen():
        look()
        time.sleep(1 / LOOKS)
    earlier = seen()
    before, began, slowest = time.process_time(), time.perf_counter(), 0.0
    for number in range(1, int(seconds * LOOKS) + 1):
        time.sleep(max(began + number / LOOKS - time.perf_counter(), 0.0))
        at = time.perf_counter()
        look()
        slowest = max(slowest, time.perf_counter() - at)
    answer.put(("reader", time.process_time() - before, slowest, seen() - earlier))


WAYS = {"naive": (write_naive, read_naive), "delta": (write_ours, read_delta), "ours": (write_ours, read_ours)}


def measure(way: str, readers: int, seconds: float) -> dict[str, Any]:
    """One way, once: the writer alone, then with all the readers."""
    write, read = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        place = f"diskcache:{folder}/cache"
        answers = fork.Queue()
        rates, found = [], []
        for count in (0, readers):
            starting = 2.0 if count else 0.0  # so long the readers may take to begin
            writer = fork.Process(target=write, args=(place, seconds + starting, answers))
            writer.start()
            others = [fork.Process(target=read, args=(place, seconds, answers)) for _ in range(count)]
            for process in others:
                process.start()
            got = [answers.get(timeout=300) for _ in range(count + 1)]
            for process in (writer, *others):
                process.join()
            rates.append(next(row[1] for row in got if row[0] == "writer"))
            found = [row for row in got if row[0] == "reader"]
    return {
        "readers_cpu_cores": round(sum(row[1] for row in found) / seconds, 3),
        "slowest_look_ms_median": round(1e3 * statistics.median(row[2] for row in found), 2),
        "delivered_per_reader": int(statistics.median(row[3] for row in found)),
        "writer_ticks_per_s_alone": round(rates[0]),
        "writer_ticks_per_s_with_readers": round(rates[1]),
    }


def main() -> None:
    """Measure, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    rounds = [{way: measure(way, options.readers, options.seconds) for way in WAYS} for _ in range(options.rounds)]
    result: dict[str, Any] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **vars(options),
        "cpu_ratio": {
            way: statistics.median(
                each[way]["readers_cpu_cores"] / each["naive"]["readers_cpu_cores"] for each in rounds
            )
            for way in ("delta", "ours")
        },
        "all": rounds,
        "children_cpu_s": round(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]), 1),
    }
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
