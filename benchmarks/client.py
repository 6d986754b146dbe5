"""From the socket to a handler, in words: the client against alpaca-py's two ways, alternately, in one run.

Every way counts all messages of the same traffic. alpaca-py calls an awaited handler a message: with its models (times cut to
microseconds), or with raw_data (dicts with one-letter keys). The client hands over words with nanoseconds, a message at a time or
in batches of up to 500. `columns` is the connection that it stands on, decoded to TICK records as the stream worker does.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from alpaca.data.live import StockDataStream

from benchmarks.replay_server import Traffic, make_traffic, serve_once
from broker.client import StreamClient
from broker.feed_stream import StockStream
from broker.wire import decode

ROUNDS: Final = 5
MESSAGES: Final = 40_000
RESULTS: Final = Path(__file__).parent / "results" / "client.json"

Way = Callable[[int, Traffic], Coroutine[Any, Any, float]]


class Count:
    """Counts messages; `rate` is messages a second from `begin`, when the server may send, until the last has come."""

    def __init__(self, messages: int) -> None:
        self._messages, self._seen, self._began = messages, 0, 0.0
        self._done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """It is subscribed. From the first message on would not do: a way may have all in memory before it hands one over."""
        self._began = time.perf_counter()

    def add(self, messages: int = 1) -> None:
        """So many more."""
        self._seen += messages
        if self._seen >= self._messages and not self.done:
            self._done.set_result(self._messages / (time.perf_counter() - self._began))

    @property
    def done(self) -> bool:
        """Whether all have come."""
        return self._done.done()

    async def rate(self) -> float:
        """Waits for the last message."""
        return await self._done


class Alpaca(StockDataStream):
    """alpaca-py's stream, which says when it begins to receive."""

    count: Count

    async def _consume(self) -> bool:
        self.count.begin()
        return await super()._consume()


async def alpaca(port: int, traffic: Traffic, raw_data: bool) -> float:
    """alpaca-py with a handler that only counts."""
    count = Count(traffic.messages)

    async def handler(_: Any) -> None:
        count.add()

    stream = Alpaca("key", "secret", raw_data=raw_data, url_override=f"ws://127.0.0.1:{port}/v2/iex")
    stream.count = count
    stream.subscribe_trades(handler, *traffic.symbols)
    stream.subscribe_quotes(handler, *traffic.symbols)
    running = asyncio.create_task(stream._run_forever())
    rate = await count.rate()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await stream.close()
    return rate


async def models(port: int, traffic: Traffic) -> float:
    """alpaca-py as its documents show it."""
    return await alpaca(port, traffic, raw_data=False)


async def raw(port: int, traffic: Traffic) -> float:
    """alpaca-py's quicker way."""
    return await alpaca(port, traffic, raw_data=True)


async def one_by_one(port: int, traffic: Traffic) -> float:
    """`async for message in client`."""
    count = Count(traffic.messages)
    async with await _client(port, traffic, count) as client:
        async for _ in client:
            count.add()
            if count.done:
                break
    return await count.rate()


async def batches(port: int, traffic: Traffic) -> float:
    """`async for batch in client.batches(500)`."""
    count = Count(traffic.messages)
    async with await _client(port, traffic, count) as client:
        async for batch in client.batches(500, 0.01):
            count.add(len(batch))
            if count.done:
                break
    return await count.rate()


async def columns(port: int, traffic: Traffic) -> float:
    """Frames decoded to TICK records, 64 at a time, as the worker does."""
    count, places = Count(traffic.messages), {symbol: place for place, symbol in enumerate(traffic.symbols)}
    stream = StockStream(f"ws://127.0.0.1:{port}/v2/iex", "key", "secret", traffic.symbols)
    async with stream.connected():
        seen, frames = 0, []
        count.begin()
        while seen < traffic.messages:
            frames.append(await stream.receive())
            if len(frames) == 64 or seen + len(frames) * 100 >= traffic.messages:
                ticks = len(decode(frames, places).ticks)
                count.add(ticks)
                seen += ticks
                frames.clear()
    return await count.rate()


async def _client(port: int, traffic: Traffic, count: Count) -> StreamClient:
    async def begin(_: str) -> None:
        count.begin()

    # a queue for all of it, so that no quote is replaced and every message is counted
    place, size = f"http://127.0.0.1:{port}", 4 * traffic.messages
    client = StreamClient("key", "secret", base_url=place, queue_size=size, on_open=begin)
    await client.subscribe_to_ticker(*traffic.symbols)
    return client


WAYS: Final[tuple[Way, ...]] = (models, raw, one_by_one, batches, columns)


def measure(way: Way, traffic: Traffic) -> float:
    """One round: a server of its own on one core, the client on another."""
    server, port = serve_once(traffic, core=0)
    rate = asyncio.run(way(port, traffic))
    server.join(5)
    server.kill()
    return rate


def main() -> None:
    """Measure, print, and keep the result."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    result: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count(), "rounds": ROUNDS}
    for name, largest in (("frames of 1 to 100 messages", 100), ("one message a frame", 1)):
        traffic = make_traffic(MESSAGES, largest=largest)
        rounds = [[measure(way, traffic) for way in WAYS] for _ in range(ROUNDS)]
        result[name] = {
            way.__name__: {
                "messages_per_s": round(statistics.median(rates[place] for rates in rounds)),
                "times_models": round(statistics.median(rates[place] / rates[0] for rates in rounds), 1),
                "times_raw_data": round(statistics.median(rates[place] / rates[1] for rates in rounds), 1),
            }
            for place, way in enumerate(WAYS)
        }
        print(name, json.dumps(result[name], indent=1))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
