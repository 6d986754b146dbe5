"""Fuzz: frames of every type, mutated, through the decoder. It must never raise, never take a second, and lose no good message.

`--frames 1000000` is the long form. The same seed makes the same frames; a failure is printed with the seed and the number
of its frame.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np

from broker.wire import Batch, decode
from domain.tick import Kind

RESULTS: Final = Path(__file__).parent / "results" / "fuzz_frames.json"
SYMBOLS: Final = {"AAPL": 0, "BTC/USD": 1, "AAPL261218C00200000": 2}
NOW: Final = 1_795_172_846
SLOW_S: Final = 1.0
AT: Final = "2026-11-20T15:51:44.208Z"

STOCK_TRADE: Final = {"T": "t", "S": "AAPL", "i": 1, "x": "D", "p": 126.55, "s": 1, "c": ["@", "I"], "z": "C", "t": AT}
BAR: Final = {"S": "AAPL", "o": 388.9, "h": 389.1, "l": 388.9, "c": 389.1, "v": 49378, "n": 461, "vw": 389.06, "t": AT}
NEWS: Final = {"headline": "H", "summary": "S", "author": "A", "created_at": AT, "updated_at": AT, "url": None}
OLD_TRADE: Final = {"oi": 5, "op": 39.1, "os": 440, "oc": [" ", "7"], "ci": 6, "cp": 39.2, "cs": 440, "cc": [" "]}
STATUS: Final = {"sc": "H", "sm": "Trading Halt", "rc": "T12", "rm": "Halted; information requested"}

SAMPLES: Final[tuple[dict[str, Any], ...]] = (
    STOCK_TRADE,
    {"T": "q", "S": "AAPL", "bx": "U", "bp": 87.6, "bs": 1, "ax": "Q", "ap": 87.7, "as": 4, "c": ["R"], "z": "C", "t": AT},
    {"T": "b", **BAR},
    {"T": "u", **BAR},
    {"T": "d", **BAR},
    {"T": "c", "S": "AAPL", "x": "M", **OLD_TRADE, "z": "B", "t": AT},
    {"T": "x", "S": "AAPL", "i": 465, "x": "D", "p": 105.31, "s": 300, "a": "C", "z": "C", "t": AT},
    {"T": "l", "S": "AAPL", "u": 3.24, "d": 2.65, "i": "B", "t": AT, "z": "C"},
    {"T": "s", "S": "AAPL", **STATUS, "t": AT, "z": "C"},
    {"T": "i", "S": "AAPL", "p": 5.5, "z": "C", "t": AT},
    {"T": "t", "S": "BTC/USD", "p": 47299.5, "s": 29.205707815, "t": AT, "i": 3447222699101865076, "tks": "S"},
    {"T": "q", "S": "BTC/USD", "bp": 47299.5, "bs": 0.5, "ap": 47300.0, "as": 0.25, "t": AT},
    {"T": "o", "S": "BTC/USD", "t": AT, "b": [{"p": 71859.5, "s": 0.27}], "a": [{"p": 71939.7, "s": 0}], "r": True},
    {"T": "t", "S": "AAPL261218C00200000", "t": AT, "p": 2.84, "s": 1, "x": "N", "c": "S"},
    {"T": "n", "id": 24843171, **NEWS, "content": "", "symbols": ["AAPL"], "source": "benzinga"},
    {"T": "success", "msg": "connected"},
    {"T": "error", "code": 406, "msg": "connection limit exceeded"},
    {"T": "subscription", "trades": ["AAPL"], "quotes": ["*"], "bars": []},
)  # fmt: skip
"""One of each kind, after Alpaca's documentation. Times are text; in MessagePack they become timestamps."""

TIMES: Final = frozenset({"t", "created_at", "updated_at"})


@dataclass
class Findings:
    """What came out."""

    frames: int = 0
    messages: int = 0
    slowest_ms: float = 0.0
    quarantined: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Mutator:
    """Makes frames out of the samples; each holds two good trades, whose ids `good_ids` tells."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._next_id = 10**6

    def frame(self) -> tuple[bytes, list[int]]:
        """A frame, and the ids of the trades that must survive (none if its bytes were broken)."""
        text = self._dice.random() < 0.2
        messages: list[Any] = [self._mutated(text) for _ in range(self._dice.randint(1, 4))]
        good = [self._good(text) for _ in range(2)]
        for message in good:
            messages.insert(self._dice.randint(0, len(messages)), message)
        whole = json.dumps(messages).encode() if text else msgpack.packb(messages)
        if self._dice.random() < 0.3:
            return self._broken(whole), []
        return whole, [message["i"] for message in good]

    def _good(self, text: bool) -> dict[str, Any]:
        self._next_id += 1
        return self._timed({**STOCK_TRADE, "i": self._next_id}, text)

    def _mutated(self, text: bool) -> Any:
        message = dict(self._dice.choice(SAMPLES))
        for _ in range(self._dice.randint(0, 3)):
            self._change(message, text)
        if self._dice.random() < 0.03:
            return self._odd_value(text)
        return self._timed(message, text)

    def _change(self, message: dict[str, Any], text: bool) -> None:
        key = self._dice.choice(list(message) or ["T"])
        what = self._dice.random()
        if what < 0.15:
            message.pop(key, None)
        elif what < 0.3:
            message[self._dice.choice(("zz", "T", "S", "new", "é", ""))] = self._odd_value(text)
        else:
            message[key] = self._odd_value(text)

    def _odd_value(self, text: bool) -> Any:
        odd = self._dice.choice(ODD)(self._dice)
        return None if text and not _fits_json(odd) else odd

    def _timed(self, message: dict[str, Any], text: bool) -> dict[str, Any]:
        if text:
            return message
        stamp = msgpack.Timestamp(NOW, self._dice.randrange(10**9))
        return {key: stamp if key in TIMES and value == AT else value for key, value in message.items()}

    def _broken(self, whole: bytes) -> bytes:
        how = self._dice.random()
        if how < 0.4:
            return whole[: self._dice.randrange(len(whole))]
        if how < 0.6:
            return whole + self._dice.randbytes(self._dice.randint(1, 20))
        data = bytearray(whole)
        for _ in range(self._dice.randint(1, 8)):
            data[self._dice.randrange(len(data))] = self._dice.randrange(256)
        return bytes(data)


ODD: Final[tuple[Callable[[random.Random], Any], ...]] = (
    lambda dice: None,
    lambda dice: dice.choice((0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))),
    lambda dice: dice.choice((0.0, -0.0, 1e308, -1e308, 5e-324, 1.5, -2.5)),
    lambda dice: dice.choice((float("nan"), float("inf"), float("-inf"))),
    lambda dice: dice.choice(("", "AAPL", "*", "\x00", "é" * 40, "9" * 5_000, "2026-13-45T99:99:99Z", "NaN", "\ud7ff")),
    lambda dice: dice.choice((True, False)),
    lambda dice: [dice.choice((1, "x", None, [])) for _ in range(dice.randint(0, 5))],
    lambda dice: {dice.choice(("T", "p", "x")): dice.choice((1, "t", None, {}))},
    lambda dice: nested(dice.choice((2, 30, 400))),
    lambda dice: dice.randbytes(dice.randint(0, 30)),
    lambda dice: msgpack.Timestamp(dice.choice((-(2**40), 0, 1, NOW, 2**34, 2**62)), dice.randrange(10**9)),
    lambda dice: msgpack.ExtType(dice.choice((0, 5, 127)), dice.randbytes(dice.randint(0, 12))),
    lambda dice: [{"p": dice.choice((1.5, None, "x", -1)), "s": dice.choice((0, 2.5, []))} for _ in range(3)],
)


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    whole: list[Any] = []
    for _ in range(depth):
        whole = [whole]
    return whole


def _fits_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def fuzz(frames: int, seed: int) -> Findings:
    """Send so many frames through the decoder and tell what was wrong."""
    mutator, found = Mutator(seed), Findings()
    for number in range(frames):
        frame, good = mutator.frame()
        for problem in problems(frame, good, found):
            found.failures.append(f"seed {seed}, frame {number}: {problem}: {frame[:300]!r}")
    return found


def problems(frame: bytes, good: list[int], found: Findings) -> Iterator[str]:
    """What is wrong with the decoder's answer to a frame."""
    began = time.thread_time()
    try:
        batch = decode([frame], SYMBOLS)
    except Exception as error:  # whatever it is: none may come
        yield f"raised {type(error).__name__}: {error}"
        return
    took_s = time.thread_time() - began
    found.frames, found.messages = found.frames + 1, found.messages + len(batch.ticks)
    found.slowest_ms = max(found.slowest_ms, took_s * 1000)
    found.quarantined.update(batch.quarantined.counts)
    if took_s > SLOW_S:
        yield f"took {took_s:.1f} s"
    if lost := set(good) - set(batch.ticks["id"].tolist()):
        yield f"lost the good trades {sorted(lost)}"
    yield from impossible(batch)


def impossible(batch: Batch) -> Iterator[str]:
    """What the batch holds that cannot be."""
    ticks = batch.ticks
    trades = ticks[ticks["kind"] == Kind.TRADE]
    if not (np.isfinite(ticks["a"]).all() and (ticks["ts_event"] > 0).all() and (ticks["symbol"] < len(SYMBOLS)).all()):
        yield "a tick that cannot be"
    if not ((trades["a"] > 0).all() and (trades["c"] > 0).all()):
        yield "a trade without a price or a size"
    for symbols, bars in (batch.minutes, batch.days):
        if len(symbols) != len(bars) or not ((bars["low"] > 0) & (bars["low"] <= bars["high"])).all():
            yield "a bar that cannot be"


def main() -> None:
    """Fuzz, print, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    found = fuzz(asked.frames, asked.seed)
    result = {
        "frames": found.frames,
        "seed": asked.seed,
        "failures": len(found.failures),
        "ticks_kept": found.messages,
        "quarantined": dict(found.quarantined.most_common()),
        "slowest_ms": round(found.slowest_ms, 2),
        "took_s": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result, indent=2), *found.failures[:20], sep="\n")
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    raise SystemExit(bool(found.failures))


if __name__ == "__main__":
    main()
