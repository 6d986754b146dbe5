"""Fuzz: the fast lane against the default lane on mutated frames. Every part of the batch must be the same, byte by byte.

`--frames 1000000` is the long form. Frames are those of benchmarks/fuzz_frames.py, and those with their bytes shaken once more;
they come in batches of one to nine, so that the end of one is never the end of the buffer.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.fuzz_frames import SYMBOLS, Mutator
from broker import wire
from broker.fast_lane import FastLane
from broker.wire import Batch

RESULTS: Final = Path(__file__).parent / "results" / "fuzz_lanes.json"


def differences(lane: FastLane, frames: list[bytes], symbols: dict[str, int]) -> list[str]:
    """The parts of the batch in which the lanes differ."""
    fast, default = lane.decode(frames, symbols), wire.decode(frames, symbols)
    return [
        part.name for part in fields(Batch) if plain(getattr(fast, part.name)) != plain(getattr(default, part.name))
    ]


def plain(value: Any) -> bytes:
    """A part of a batch as bytes that can be compared; a raw time is its bytes."""
    return msgspec.msgpack.encode(value, enc_hook=lambda array: array.tobytes(), order="sorted")


def batches(frames: int, seed: int) -> Iterator[list[bytes]]:
    """So many frames in batches."""
    mutator, dice = Mutator(seed), random.Random(seed)
    while frames > 0:
        size = min(dice.randint(1, 9), frames)
        frames -= size
        yield [shaken(mutator.frame()[0], dice) for _ in range(size)]


def shaken(frame: bytes, dice: random.Random) -> bytes:
    """A fifth of the frames with one byte another one: most of those are still nearly right."""
    if not frame or dice.random() < 0.8:
        return frame
    at = dice.randrange(len(frame))
    return frame[:at] + bytes([dice.randrange(256)]) + frame[at + 1 :]


def fuzz(frames: int, seed: int) -> tuple[list[str], int]:
    """What differs, and how many ticks there were."""
    lane, found, ticks = FastLane(), [], 0
    if not lane.get_ready():
        raise SystemExit("requirements-fast.txt is not installed")
    for batch in batches(frames, seed):
        if names := differences(lane, batch, SYMBOLS):
            found.append(f"seed {seed}: {names} differ: {batch!r}")
        ticks += len(lane.decode(batch, SYMBOLS).ticks)
    return found, ticks


def main() -> None:
    """Fuzz, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    found, ticks = fuzz(asked.frames, asked.seed)
    took_s = round(time.monotonic() - began, 1)
    result = {"frames": asked.frames, "seed": asked.seed, "differences": len(found), "ticks": ticks, "took_s": took_s}
    print(json.dumps(result, indent=2), *found[:20], sep="\n")
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
