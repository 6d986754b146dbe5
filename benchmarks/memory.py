"""Hours of a market in minutes: whether the memory of the stream worker stays flat.

Ours: the worker's own parts (decoder, intake, bars, publisher, cache on disk) are given a second of the market after another, as
fast as they take it: trades, quotes, Alpaca's own minute and day bars, a correction and a message that cannot be each minute. So
all that has an end reaches it: a session of seconds and more in the series, the window of trades, the ids, the ring. The resident
memory is read each market minute; the slope is that of the last half, by least squares. Naive: alpaca-py's models in a list a
symbol. `--trace` prints where what grew in the last half was allocated.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import platform
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np
from alpaca.data.live import StockDataStream

from benchmarks.memory_tape import MINUTE_S, SECOND_NS, Tape
from broker.account import ServerClock
from broker.history import history_of
from broker.wire import decode
from domain.feed import Feed
from domain.status import DeskStatus, StreamState, StreamStatus
from market_cache.writer import MarketWriter
from stream_worker.feed_state import FeedState
from stream_worker.market import Market
from stream_worker.market_intake import MarketIntake
from stream_worker.memory import resident_mb
from stream_worker.publisher import Publisher
from stream_worker.symbol_states import SymbolStates

RESULTS: Final = Path(__file__).parent / "results" / "memory.json"
NOWHERE: Final = "http://127.0.0.1:9"
"""History is not asked for: there are no gaps."""

fork = multiprocessing.get_context("fork")


class Parts:
    """What a worker on stocks consists of, without its sockets."""

    def __init__(self, symbols: tuple[str, ...], cache: Path) -> None:
        self.market = Market(symbols)
        self.publisher = Publisher(lambda: MarketWriter(cache), self.market, self._status)
        self.state = FeedState(Feed.STOCKS)
        self.state.becomes(StreamState.LIVE)
        history = history_of(Feed.STOCKS, NOWHERE, "key", "secret", "iex")
        self._intake = MarketIntake(history, self.publisher, self.state, SymbolStates(), self._clock, 20.0)
        self.publisher.begin_epoch()

    def take(self, frame: bytes, now: int) -> None:
        """One second of the market, and its end."""
        self.market.clock.look(now, time.monotonic())
        batch = decode([frame], self.market.index)
        self._intake.take(batch, time.time_ns(), conflate=False)
        self.state.quarantined(batch.quarantined.counts)
        self.market.pass_time(time.monotonic(), is_open=True)
        self.publisher.beat()

    def _status(self) -> DeskStatus:
        told = self.state.status([])
        return DeskStatus(stream=told, streams={told.feed: told}, backfilled=True, trading=StreamStatus())

    async def _clock(self) -> ServerClock:
        raise AssertionError("nobody asks")


def run_ours(tape: Tape, minutes: int, say: Callable[[float], None], trace: bool) -> dict[str, Any]:
    """So many minutes through the parts of the worker."""
    with tempfile.TemporaryDirectory() as folder:
        parts, frame_s = Parts(tape.symbols, Path(folder) / "cache"), 0
        traced = Trace(minutes // 2 if trace else -1)
        for minute in range(minutes):
            for frame in tape.minute(minute):
                frame_s += 1
                parts.take(frame, tape.began + frame_s * SECOND_NS)
            say(resident_mb())
            traced.look(minute)
        traced.tell()
        book = parts.market.book
        parts.publisher.close()
        return {"bar_mismatches": book.mismatches, "corrections": book.corrections, "bars": len(book.series(0, "1s"))}


def run_naive(tape: Tape, minutes: int, say: Callable[[float], None], trace: bool) -> dict[str, Any]:
    """The same through alpaca-py's own dispatch to handlers that keep what came."""
    stream, kept = StockDataStream("key", "secret"), defaultdict(list)

    async def keep(message: Any) -> None:
        kept[message.symbol].append(message)

    stream.subscribe_trades(keep, *tape.symbols)
    stream.subscribe_quotes(keep, *tape.symbols)

    async def run() -> None:
        for minute in range(minutes):
            for frame in tape.minute(minute):
                for message in msgpack.unpackb(frame, timestamp=0):
                    if message["T"] in "tq" and message.get("p", 1) > 0:
                        await stream._dispatch(message | {"t": msgpack.Timestamp.from_unix_nano(0)})
            say(resident_mb())

    asyncio.run(run())
    return {"kept": sum(map(len, kept.values()))}


class Trace:
    """Where memory was allocated between the middle and the end."""

    def __init__(self, begins_at: int) -> None:
        self._begins_at = begins_at
        self._before: tracemalloc.Snapshot | None = None
        if begins_at >= 0:
            tracemalloc.start(8)

    def look(self, minute: int) -> None:
        """The middle is a minute like any other."""
        if minute == self._begins_at:
            gc.collect()
            self._before = tracemalloc.take_snapshot()

    def tell(self) -> None:
        """Print the ten places that grew most."""
        if self._before is not None:
            gc.collect()
            grown = tracemalloc.take_snapshot().compare_to(self._before, "lineno")
            print(*grown[:10], sep="\n")


WAYS: Final = {"ours": run_ours, "naive": run_naive}


def measure(way: str, symbols: int, minutes: int, trace: bool = False) -> dict[str, Any]:
    """One way in a process of its own."""
    answer = fork.Queue()
    process = fork.Process(target=_run, args=(way, symbols, minutes, trace, answer))
    process.start()
    seen, counted, took_s = answer.get()
    process.join()
    half = len(seen) // 2
    return {
        "market_hours": round(minutes / MINUTE_S, 2),
        "mb_an_hour_last_half": slope_mb_an_hour(seen[half:]),
        "mb_an_hour_whole": slope_mb_an_hour(seen),
        "mb_at": {f"{len(seen) * part // 4} min": seen[max(len(seen) * part // 4 - 1, 0)] for part in range(5)},
        "took_s": took_s,
        **counted,
    }


def _run(way: str, symbols: int, minutes: int, trace: bool, answer: Any) -> None:
    seen: list[float] = []
    began = time.perf_counter()
    counted = WAYS[way](Tape(symbols), minutes, seen.append, trace)
    answer.put((seen, counted, round(time.perf_counter() - began, 1)))


def slope_mb_an_hour(seen: list[float]) -> float:
    """The slope of looks a market minute apart, by least squares."""
    return round(float(np.polyfit(np.arange(len(seen)) / MINUTE_S, seen, 1)[0]), 2)


def main() -> None:
    """Measure, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=16.0)
    parser.add_argument("--naive-minutes", type=int, default=10)
    parser.add_argument("--symbols", type=int, default=15)
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "symbols": options.symbols,
        "ours": measure("ours", options.symbols, int(options.hours * MINUTE_S), options.trace),
    }
    if not options.trace:
        result["naive"] = measure("naive", options.symbols, options.naive_minutes)
    print(json.dumps(result, indent=2))
    if not options.trace:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
