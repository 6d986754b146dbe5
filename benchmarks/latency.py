"""From sending to visible in a reader, at a fixed rate: the desk's path and the naive way, one after the other in one run.

The server stamps each message with the time at which it is due; a reader of its own process looks each 2 ms and notes the age
of everything that it sees for the first time. Ours: the stream worker's own parts with FLUSH_MS=5, published in diskcache,
synchronous NORMAL; the reader reads every segment. Fast: the same with the compiled lane. Naive: alpaca-py's models, one
`diskcache.set` a tick (and one more a trade
for its bar); its reader gets the newest quote of every symbol, so what was overwritten before it looked does not count, which
flatters it. p50 and p99 are given for each window, to show whether they grow. CPU is that of the process which receives and
publishes, as a share of one core.

    python -m benchmarks.latency [--seconds 60] [--rates 1000,50000] [--ways ours,fast,naive]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import diskcache
import numpy as np
from alpaca.data.live import StockDataStream

from benchmarks.paced_server import serve_paced
from broker.account import ServerClock
from broker.fast_lane import Decode, FastLane
from broker.feed_stream import StockStream
from broker.history import StockHistory
from broker.wire import decode
from domain.feed import Feed
from domain.status import DeskStatus
from market_cache import head, segment
from market_cache.head import Head
from market_cache.stamp import Stamp
from market_cache.store import open_readable
from market_cache.writer import RING_SLOTS, MarketWriter
from stream_worker.feed_state import FeedState
from stream_worker.frame_buffer import FrameBuffer
from stream_worker.market import Market
from stream_worker.market_intake import MarketIntake
from stream_worker.publisher import Publisher
from stream_worker.symbol_states import SymbolStates

SYMBOLS: Final = tuple(f"SYM{number}" for number in range(100))
RATES: Final = (1_000, 10_000, 50_000, 100_000)
FLUSH_S: Final = 0.005
POLL_S: Final = 0.002
WARM_UP_S: Final = 1.0
LONG_WINDOW_S: Final = 10.0
NAIVE_S: Final = 10.0
"""The naive way is seconds behind by then; what waits for it would fill the memory."""

RESULTS: Final = Path(__file__).parent / "results" / "latency.json"

fork = multiprocessing.get_context("fork")

Work = Callable[[int, Path, float], Awaitable[None]]
Look = Callable[[Path, "Ages"], Callable[[], None]]


class Ages:
    """Ages of what was seen for the first time, with when it was seen."""

    def __init__(self) -> None:
        self._seen: list[Any] = []
        self._ages: list[Any] = []

    def add(self, stamps: Any) -> None:
        """Note the stamps (ns) of what has just been seen."""
        now = time.time_ns()
        self._seen.append(np.full(len(stamps), now))
        self._ages.append(now - stamps)

    def summary(self, seconds: float) -> dict[str, Any]:
        """p50 and p99 in ms, whole and by window, without the warm-up; how many were seen."""
        if not self._seen:
            return {"seen": 0}
        seen, ages = np.concatenate(self._seen), np.concatenate(self._ages) / 1e6
        at = (seen - seen.min()) / 1e9 - WARM_UP_S
        window_s = LONG_WINDOW_S if seconds >= 2 * LONG_WINDOW_S else seconds / 5
        windows = [ages[(at >= begin) & (at < begin + window_s)] for begin in np.arange(0, seconds - 1e-9, window_s)]
        return {
            **percentiles(ages[at >= 0]),
            "seen": len(ages),
            "window_s": window_s,
            "windows": [percentiles(window) for window in windows if len(window)],
        }


def percentiles(ages: Any) -> dict[str, float]:
    """p50 and p99 in ms."""
    return {name: round(float(np.percentile(ages, share)), 2) for name, share in (("p50_ms", 50), ("p99_ms", 99))}


async def ours(port: int, folder: Path, seconds: float, decode: Decode = decode) -> None:
    """The stream worker's parts, put together as the worker does."""
    market = Market(SYMBOLS)
    publisher = Publisher(lambda: _writer(folder), market, DeskStatus)
    publisher.begin_epoch()
    history = StockHistory("http://127.0.0.1:9", "key", "secret", "sip")  # not asked for anything here
    intake = MarketIntake(history, publisher, FeedState(Feed.STOCKS), SymbolStates(), _no_clock, 20.0)

    def take(frames: list[bytes], ts_recv: int) -> None:
        intake.take(decode(frames, market.index), ts_recv, conflate=False)

    buffer = FrameBuffer(FLUSH_S, take)
    stream = StockStream(f"ws://127.0.0.1:{port}/v2/sip", "key", "secret", SYMBOLS)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), stream.connected():
            while True:
                buffer.add_all(await stream.receive_all())
                await stream.rest(buffer.rest_s)
    publisher.close()


async def naive(port: int, folder: Path, seconds: float) -> None:
    """A handler as tutorials write it."""
    bars: dict[str, dict[str, Any]] = {}
    cache = diskcache.Cache(str(folder))

    async def on_quote(quote: Any) -> None:
        cache.set(f"quote:{quote.symbol}", (quote.bid_price, quote.ask_price, quote.timestamp))

    async def on_trade(trade: Any) -> None:
        cache.set(f"trade:{trade.symbol}", (trade.price, trade.size, trade.timestamp))
        minute = trade.timestamp.replace(second=0, microsecond=0)
        bar = bars.get(trade.symbol)
        if bar is None or bar["start"] != minute:
            bar = {"start": minute, "open": trade.price, "high": trade.price, "low": trade.price, "volume": 0}
        bar["high"], bar["low"] = max(bar["high"], trade.price), min(bar["low"], trade.price)
        bar["close"], bar["volume"] = trade.price, bar["volume"] + trade.size
        bars[trade.symbol] = bar
        cache.set(f"bar:{trade.symbol}", bar)

    stream = StockDataStream("key", "secret", url_override=f"ws://127.0.0.1:{port}/v2/sip")
    stream.subscribe_trades(on_trade, *SYMBOLS)
    stream.subscribe_quotes(on_quote, *SYMBOLS)
    running = asyncio.create_task(stream._run_forever())
    await asyncio.sleep(seconds)
    # alpaca-py's loop misses a cancellation while frames wait, and a stop while none comes: both are needed
    await stream.stop_ws()
    await asyncio.wait({running}, timeout=0.2)
    running.cancel()
    await asyncio.wait({running})


def look_at_segments(folder: Path, ages: Ages) -> Callable[[], None]:
    """What looks at all segments since the last look."""
    store, seq = open_readable(f"diskcache:{folder}"), 0

    def look() -> None:
        nonlocal seq
        newest = Head.unpack((store.get(head.KEY) or {}).get(head.KEY))
        if newest is None or newest.seq == seq:
            return
        for number in range(max(seq + 1, newest.seq - RING_SLOTS + 1), newest.seq + 1):
            found = segment.unpack((store.get(number % RING_SLOTS) or {}).get(number % RING_SLOTS))
            if found is not None and len(found.ticks):
                ages.add(found.ticks["ts_event"])
        seq = newest.seq

    return look


def look_at_keys(folder: Path, ages: Ages) -> Callable[[], None]:
    """What looks at the newest quote of every symbol."""
    cache, known = diskcache.Cache(str(folder)), dict.fromkeys(SYMBOLS)

    def look() -> None:
        for symbol in SYMBOLS:
            quote = cache.get(f"quote:{symbol}")
            if quote is not None and quote[2] != known[symbol]:
                known[symbol] = quote[2]
                ages.add(np.array([round(quote[2].timestamp() * 1e6) * 1000]))

    return look


async def fast(port: int, folder: Path, seconds: float) -> None:
    """The same with the lane of requirements-fast.txt."""
    lane = FastLane()
    if not lane.get_ready():
        raise SystemExit("fast: requirements-fast.txt is not installed")
    await ours(port, folder, seconds, lane.decode)


WAYS: Final[dict[str, tuple[Work, Look]]] = {
    "ours": (ours, look_at_segments),
    "fast": (fast, look_at_segments),
    "naive": (naive, look_at_keys),
}


def measure(name: str, rate: int, seconds: float) -> dict[str, Any]:
    """One way at one rate: server and reader on one core, the worker on the other."""
    work, look = WAYS[name]
    with tempfile.TemporaryDirectory() as folder:
        server, port = serve_paced(rate, seconds + WARM_UP_S, SYMBOLS, core=0)
        here, there = fork.Pipe()
        reader = fork.Process(target=_read, args=(look, Path(folder), seconds, there), daemon=True)
        reader.start()
        cpu, wall = time.process_time(), time.perf_counter()
        asyncio.run(_run(work(port, Path(folder), seconds + WARM_UP_S)))
        cpu_share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        here.send("enough")
        found: dict[str, Any] = here.recv()
        reader.join(5)
        server.kill()
    if not found["seen"]:
        raise SystemExit(f"{name} at {rate}/s: nothing was seen")
    return {**found, "cpu_share": round(cpu_share, 3)}


async def _run(work: Awaitable[None]) -> None:
    await work


def _read(look: Look, folder: Path, seconds: float, pipe: Connection) -> None:
    _pin(0)
    ages = Ages()
    looking = look(folder, ages)
    while not pipe.poll():
        looking()
        time.sleep(POLL_S)
    pipe.send(ages.summary(seconds))


def _writer(folder: Path) -> MarketWriter:
    writer = MarketWriter(folder)
    writer.claim(Stamp("sim", "", "", ""))
    return writer


async def _no_clock() -> ServerClock:
    raise AssertionError("nothing is filled here")


def _pin(core: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


def main() -> None:
    """Measure, print, and keep the result."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="how long at each rate")
    options.add_argument("--rates", default=",".join(map(str, RATES)), help="messages a second")
    options.add_argument("--ways", default=",".join(WAYS), help="ours, fast (the compiled lane), naive")
    asked = options.parse_args()
    _pin((os.cpu_count() or 1) - 1)
    result: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "seconds": asked.seconds}
    for rate in map(int, asked.rates.split(",")):
        result[f"{rate} messages/s"] = {}
        for name in asked.ways.split(","):
            seconds = min(asked.seconds, NAIVE_S) if name == "naive" else asked.seconds
            found = result[f"{rate} messages/s"][name] = measure(name, rate, seconds)
            print(f"{rate:>7}/s {name:>6}", {key: value for key, value in found.items() if key != "windows"})
            print(f"{'':>16}", [tuple(window.values()) for window in found.get("windows", ())])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
