"""From the socket to published bars: the desk's path against the naive handler, alternately, in one run.

Naive: alpaca-py's models, one `diskcache.set` a tick, and one more a trade for its bar, default settings. Ours: the stream
worker's own parts, with everything published: ticks, bars of every interval, closed bars, snapshots; synchronous NORMAL.
Fast: the same with the lane of requirements-fast.txt, if that is installed. `--rounds 9` makes the medians steadier.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import diskcache
from alpaca.data.live import StockDataStream

from benchmarks.replay_server import Traffic, make_traffic, serve_once
from broker.account import ServerClock
from broker.fast_lane import Decode, FastLane
from broker.feed_stream import StockStream
from broker.history import StockHistory
from broker.wire import decode
from domain.feed import Feed
from domain.interval import INTERVALS, TICK_INTERVALS
from domain.status import DeskStatus
from market_cache.stamp import Stamp
from market_cache.writer import MarketWriter
from stream_worker.feed_state import FeedState
from stream_worker.frame_buffer import FrameBuffer
from stream_worker.market import Market
from stream_worker.market_intake import MarketIntake
from stream_worker.publisher import Publisher
from stream_worker.symbol_states import SymbolStates

ROUNDS = 5
RESULTS = Path(__file__).parent / "results" / "socket_to_bars.json"

Way = Callable[[int, Traffic, Path], Coroutine[Any, Any, float]]


async def naive(port: int, traffic: Traffic, folder: Path) -> float:
    """Messages a second of a handler as tutorials write it."""
    bars: dict[str, dict[str, Any]] = {}
    cache, done = diskcache.Cache(str(folder)), asyncio.Event()
    seen, began = 0, 0.0

    def count() -> None:
        nonlocal seen, began
        began = began or time.perf_counter()
        seen += 1
        if seen == traffic.messages:
            done.set()

    async def on_quote(quote: Any) -> None:
        cache.set(f"quote:{quote.symbol}", (quote.bid_price, quote.ask_price, quote.timestamp))
        count()

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
        count()

    stream = StockDataStream("key", "secret", url_override=f"ws://127.0.0.1:{port}/v2/sip")
    stream.subscribe_trades(on_trade, *traffic.symbols)
    stream.subscribe_quotes(on_quote, *traffic.symbols)
    running = asyncio.create_task(stream._run_forever())
    await done.wait()
    rate = traffic.messages / (time.perf_counter() - began)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await stream.close()
    cache.close()
    return rate


async def ours(port: int, traffic: Traffic, folder: Path, decode: Decode = decode) -> float:
    """Messages a second of the stream worker's parts, put together as the worker does."""
    market = Market(traffic.symbols)
    publisher = Publisher(lambda: _writer(folder), market, DeskStatus)
    publisher.begin_epoch()
    intake = _intake(publisher)
    taken = 0

    def take(frames: list[bytes], ts_recv: int) -> None:
        nonlocal taken
        batch = decode(frames, market.index)
        intake.take(batch, ts_recv, conflate=False)
        taken += len(batch.ticks)

    buffer = FrameBuffer(0.005, take)
    stream = StockStream(f"ws://127.0.0.1:{port}/v2/sip", "key", "secret", traffic.symbols)
    async with stream.connected():
        buffer.add(await stream.receive())
        began = time.perf_counter()
        receiving = asyncio.create_task(_receive(stream, buffer))
        while taken < traffic.messages:
            await asyncio.sleep(0.005)
        rate = traffic.messages / (time.perf_counter() - began)
        receiving.cancel()
    _check(market, traffic)
    publisher.close()
    return rate


def _intake(publisher: Publisher) -> MarketIntake:
    history = StockHistory("http://127.0.0.1:9", "key", "secret", "sip")  # not asked for anything here
    return MarketIntake(history, publisher, FeedState(Feed.STOCKS), SymbolStates(), _no_clock, 20.0)


async def _no_clock() -> ServerClock:
    raise AssertionError("nothing is filled here")


async def _receive(stream: StockStream, buffer: FrameBuffer) -> None:
    while True:
        buffer.add_all(await stream.receive_all())
        await stream.rest(buffer.rest_s)


def _writer(folder: Path) -> MarketWriter:
    writer = MarketWriter(folder)
    writer.claim(Stamp("sim", "", "", ""))
    return writer


def _check(market: Market, traffic: Traffic) -> None:
    """Every trade is in exactly one bar of each interval that is built from ticks."""
    forming, _ = market.book.forming()
    for interval in TICK_INTERVALS:
        closed = sum(
            int(market.book.series(place, interval).bars["trade_count"].sum()) for place in range(len(market.symbols))
        )
        counted = closed + int(forming["trade_count"][INTERVALS.index(interval)].sum())
        if counted != traffic.trades:
            raise SystemExit(f"{interval}: {counted} trades in bars instead of {traffic.trades}")


def measure(way: Way, traffic: Traffic) -> float:
    """One round: a server of its own on one core, the client on another."""
    server, port = serve_once(traffic, core=0)
    with tempfile.TemporaryDirectory() as folder:
        rate = asyncio.run(way(port, traffic, Path(folder)))
    server.join(5)
    server.kill()
    return rate


def main() -> None:
    """Measure, print, and keep the result."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    lane = FastLane()
    ways: dict[str, Way] = {"ours": ours}
    if lane.get_ready():
        ways["fast"] = partial(ours, decode=lane.decode)
    result: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "rounds": rounds}
    for name, largest in (("frames of 1 to 100 messages", 100), ("one message a frame", 1)):
        few = make_traffic(20_000, largest=largest)
        many = make_traffic(400_000 if largest > 1 else 100_000, largest=largest)
        result[name] = compared([measure_all(few, many, ways) for _ in range(rounds)])
        print(name, result[name], flush=True)
    result["10,000 symbols"] = many_symbols()
    print("10,000 symbols", result["10,000 symbols"])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def measure_all(few: Traffic, many: Traffic, ways: dict[str, Way]) -> dict[str, float]:
    """One round of the naive way and of the others, one after the other."""
    return {"naive": measure(naive, few)} | {name: measure(way, many) for name, way in ways.items()}


def compared(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Messages a second of every way, and the ratios to the naive one, which are of one moment each."""
    told: dict[str, Any] = {}
    for name in rounds[0]:
        told[f"{name}_messages_per_s"] = round(statistics.median(each[name] for each in rounds))
    for name in rounds[0].keys() - {"naive"}:
        ratios = [each[name] / each["naive"] for each in rounds]
        told |= {f"{name}_ratio": round(statistics.median(ratios), 1), f"{name}_ratios": [round(x, 1) for x in ratios]}
    return told


def many_symbols() -> dict[str, Any]:
    """What a message costs with 10,000 symbols, against 100."""
    few, many = make_traffic(400_000), make_traffic(400_000, symbols=10_000)
    rounds = [(measure(ours, few), measure(ours, many)) for _ in range(ROUNDS)]
    return {
        "messages_per_s": round(statistics.median(rate for _, rate in rounds)),
        "cost_ratio": round(statistics.median(hundred / rate for hundred, rate in rounds), 2),
        "cost_ratios": [round(hundred / rate, 2) for hundred, rate in rounds],
    }


if __name__ == "__main__":
    main()
