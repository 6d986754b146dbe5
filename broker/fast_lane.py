"""The fast lane: what broker.wire decodes, by a compiled parser, if `requirements-fast.txt` is installed."""

from __future__ import annotations

import gc
import importlib
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import structlog

from broker import wire
from broker.wire import Batch
from domain.tick import TICK, Records

Decode = Callable[[list[bytes], dict[str, int]], Batch]
"""`decode(frames, symbols)`, of either lane."""

HERE: Final = Path(__file__).parent
SMALLEST_TICK: Final = 20
"""Bytes of a message; no trade or quote has fewer."""

ODD_MESSAGES: Final = 256
"""This many and one a frame may be left to the default lane singly; frames beyond it are left to it whole."""

LIST_OF_ONE: Final = b"\x91"
log = structlog.get_logger()


class Found(NamedTuple):
    """What the parser made of some frames: ticks, what it left to the default lane and how many ticks stand before each."""

    ticks: Records
    left: list[bytes]
    before: list[int]
    unasked: int


class FastLane:
    """`decode` of broker.wire, several times as fast once the parser is compiled, with the same results.

    Without numba, and until the parser is ready, it is the default lane. A dictionary of symbols must not be changed once
    it was handed in.
    """

    def __init__(self) -> None:
        self._parser: Any = None
        self._symbols: dict[str, int] = {}
        self._table: tuple[Any, Any] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the parser is used."""
        return self._parser is not None

    def start(self) -> None:
        """Get ready in a thread that keeps nobody from ending. The first time on a machine it takes seconds."""
        threading.Thread(target=self.get_ready, name="fast lane", daemon=True).start()

    def get_ready(self) -> bool:
        """Compile the parser, or read it as it was compiled before, and try it; whether it is used from now on."""
        began = time.monotonic()
        try:
            _choose_folder(importlib.import_module("numba"))
            parser: Any = importlib.import_module("broker.fast_parser")
            self._try(parser)
        except ImportError as error:
            log.info("default lane", reason=str(error), faster="pip install -r requirements-fast.txt")
        except Exception as error:
            log.warning("default lane", reason="the parser cannot be used", error=f"{type(error).__name__}: {error}")
        else:
            self._parser = parser
            gc.freeze()  # the collector need not look through all of numba, a tenth of a second each time
            log.info("fast lane", ready_after_s=round(time.monotonic() - began, 1))
        return self.is_ready

    def decode(self, frames: list[bytes], symbols: dict[str, int]) -> Batch:
        """As broker.wire.decode."""
        if not self.is_ready:
            return wire.decode(frames, symbols)
        if self._table is None or symbols is not self._symbols:
            self._symbols, self._table = symbols, table_of(self._parser, symbols)
        found = parsed(self._parser, frames, self._table)
        rest = wire.decode(found.left, symbols)
        ticks = _together(found, rest.ticks, symbols) if len(rest.ticks) else found.ticks
        return replace(rest, ticks=ticks, unasked=rest.unasked + found.unasked)

    def _try(self, parser: Any) -> None:
        """Compile all of the parser by using it."""
        table = table_of(parser, {"AAPL": 3})
        found = parsed(parser, [SAMPLE], table)
        if found.left or found.ticks.tobytes() != wire.decode([SAMPLE], {"AAPL": 3}).ticks.tobytes():
            raise ValueError("the two lanes differ on a trade and a quote")


def _choose_folder(numba: Any) -> None:
    """Keep compiled code by what it is made of: numba itself would notice a change of one file only, and by its time."""
    sources = [HERE.parent / "domain" / "tick.py", *sorted({*HERE.glob("fast_*.py")} - {Path(__file__)})]
    made_of = zlib.crc32(b"".join(path.read_bytes() for path in sources))
    numba.config.CACHE_DIR = str(HERE / "__pycache__" / f"fast_lane-{made_of:08x}")


def table_of(parser: Any, symbols: dict[str, int]) -> tuple[Any, Any]:
    """The table of symbols that the parser searches: their letters, and its rows."""
    names = [symbol.encode() for symbol in symbols]
    letters = np.frombuffer(b"".join(names) + b"\0", np.uint8)
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    slots = np.zeros((1 << (4 * len(names)).bit_length(), 3), np.int64)
    parser.enter_symbols(letters, ends, np.fromiter(symbols.values(), np.int64), slots)
    return letters, slots


def parsed(parser: Any, frames: list[bytes], table: tuple[Any, Any]) -> Found:
    """What the parser makes of some frames."""
    joined = b"".join(frames)
    ends = np.cumsum(np.fromiter(map(len, frames), np.int64, len(frames)))
    ticks = np.empty(len(joined) // SMALLEST_TICK + 1, TICK)
    left = np.empty((ODD_MESSAGES + 2 * len(frames), 4), np.int64)
    words = ticks.view(np.int64).reshape(-1, TICK.itemsize // 8)
    sizes = np.zeros(3, np.int64)
    parser.parse(np.frombuffer(joined or b"\0", np.uint8), ends, *table, words, left, sizes)
    taken, odd, unasked = sizes.tolist()
    rows = left[:odd].tolist()
    parts = [joined[start:end] if whole else LIST_OF_ONE + joined[start:end] for start, end, _, whole in rows]
    return Found(ticks[:taken], parts, [before for _, _, before, _ in rows], unasked)


def _together(found: Found, ticks: Records, symbols: dict[str, int]) -> Records:
    """All ticks in their order; those that the default lane found go where they were left out."""
    counts = [len(wire.decode([part], symbols).ticks) for part in found.left]
    whole: Records = np.insert(found.ticks, np.repeat(found.before, counts), ticks)
    return whole


_TIME: Final = msgspec.Raw(b"\xd7\xff" + (1_800_000_000).to_bytes(8, "big"))
SAMPLE: Final = msgspec.msgpack.encode(
    [
        {"T": "t", "S": "AAPL", "i": 70_000, "x": "D", "p": 126.55, "s": 1, "t": _TIME, "c": ["@", "I"], "z": "C"},
        {"T": "q", "S": "AAPL", "bx": "U", "bp": 87.66, "bs": 1, "ax": "Q", "ap": 88, "as": 4, "t": _TIME, "z": "C"},
    ]
)
"""A trade and a quote, to try the parser with."""
