"""Decoding alone: alpaca-py's models, raw dictionaries, the default lane and the fast lane on the same frames, in turn.

Messages a second of one core, medians of rounds; ratios are of one round each. alpaca-py unpacks each frame with msgpack
and makes a model of each message; `raw` is the same without the models, as with `raw_data=True`. The lanes end in TICK
records with nanoseconds and take 1.1 MB of frames at a time, as the worker does at full load, or 20 kB.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgpack
from alpaca.data.live import StockDataStream
from alpaca.data.models import Quote, Trade

from benchmarks.replay_server import make_frame
from broker.fast_lane import Decode, FastLane
from broker.wire import decode

RESULTS: Final = Path(__file__).parent / "results" / "decode.json"
SYMBOLS: Final = 100
FULL_BYTES: Final = 1_100_000
CALM_BYTES: Final = 20_000
"""The largest batch of the worker, and one of 5 ms at 60,000 messages a second."""


def frames_of(messages: int, largest: int) -> list[bytes]:
    """Frames of at most so many messages, packed as Alpaca packs them."""
    frames: list[bytes] = []
    made = 0
    while made < messages:
        size = min(1 + len(frames) * 37 % largest, messages - made)
        frames.append(msgpack.packb(make_frame(size, SYMBOLS, seed=len(frames))))
        made += size
    return frames


def models(frames: list[bytes]) -> int:
    """How many messages alpaca-py makes models of."""
    stream = StockDataStream("key", "secret")
    kinds = {"t": Trade, "q": Quote}
    made = 0
    for frame in frames:
        for message in msgpack.unpackb(frame):
            made += isinstance(stream._cast(message), kinds[message["T"]])
    return made


def raw(frames: list[bytes]) -> int:
    """How many messages alpaca-py unpacks with `raw_data=True`."""
    return sum(len(msgpack.unpackb(frame)) for frame in frames)


def lane(decode: Decode, limit: int) -> Callable[[list[bytes]], int]:
    """A way that decodes batches of about `limit` bytes into ticks."""
    symbols = {f"SYM{number}": number for number in range(SYMBOLS)}

    def ticks(frames: list[bytes]) -> int:
        return sum(len(decode(batch, symbols).ticks) for batch in batches(frames, limit))

    return ticks


def batches(frames: list[bytes], limit: int) -> Iterator[list[bytes]]:
    """Frames as a flush takes them."""
    batch: list[bytes] = []
    size = 0
    for frame in frames:
        batch.append(frame)
        size += len(frame)
        if size >= limit:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def rate(way: Callable[[list[bytes]], int], frames: list[bytes], messages: int) -> float:
    """Messages a second of the processor."""
    began = time.process_time()
    if way(frames) != messages:
        raise SystemExit("not every message was decoded")
    return messages / (time.process_time() - began)


def measured(largest: int, rounds: int) -> dict[str, Any]:
    """All ways on frames of at most `largest` messages."""
    messages = 100_000
    frames = frames_of(messages, largest)
    few = frames[: len(frames) // 10]
    fast = FastLane()
    lanes: dict[str, Decode] = {"default": decode} | ({"fast": fast.decode} if fast.get_ready() else {})
    ways: dict[str, Callable[[list[bytes]], int]] = {"models": models, "raw": raw}
    for name, decoded in lanes.items():
        ways |= {f"{name}, full": lane(decoded, FULL_BYTES), f"{name}, calm": lane(decoded, CALM_BYTES)}
    taken = {name: few if name in ("models", "raw") else frames for name in ways}
    counts = {name: sum(len(msgpack.unpackb(frame)) for frame in some) for name, some in taken.items()}
    found = [{name: rate(way, taken[name], counts[name]) for name, way in ways.items()} for _ in range(rounds)]
    return {
        name: {
            "messages_per_s": round(statistics.median(each[name] for each in found)),
            "to_models": round(statistics.median(each[name] / each["models"] for each in found), 1),
            "to_raw": round(statistics.median(each[name] / each["raw"] for each in found), 2),
        }
        for name in ways
    }


def main() -> None:
    """Measure, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    result: dict[str, Any] = {"python": platform.python_version(), "rounds": rounds}
    for name, largest in (("frames of 1 to 100 messages", 100), ("one message a frame", 1)):
        result[name] = measured(largest, rounds)
    print(json.dumps(result, indent=2))
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
