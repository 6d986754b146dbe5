"""The spool: what has come since the last Parquet files were written, appended block by block.

A process that is killed leaves a spool; whoever finds one that nobody holds turns it into files. A block that was cut off at the
end is left out, the ones before it are whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from domain.bar import BAR, Bars
from domain.tick import TICK, Records
from stream_worker.recording import Arrivals, number_of

HEADER: Final = struct.Struct("<4sIIIq")
"""magic, kind, bytes, crc32 of them, arrival number of the first row."""

MAGIC: Final = b"TDR1"
PATTERN: Final = "spool-*.rows"


class Kind(IntEnum):
    """What a block holds. SYMBOLS says what the symbol numbers of the blocks after it mean."""

    SYMBOLS = 0
    TICKS = 1
    BARS = 2


class Rows(NamedTuple):
    """Everything a spool holds: ticks and minute bars with their arrival numbers; `symbol` counts in `symbols`."""

    symbols: tuple[str, ...]
    ticks: Records
    tick_arrivals: Arrivals
    bars: Bars
    bar_symbols: Arrivals
    bar_arrivals: Arrivals


class Spool:
    """A spool that is being written. It is locked while it is: the kernel gives the lock back when the process dies."""

    def __init__(self, folder: Path, number: int) -> None:
        self.path = folder / f"spool-{number:06d}.rows"
        self._file = self.path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._symbols: tuple[str, ...] = ()
        self.rows = 0

    def add_ticks(self, ticks: Records, symbols: tuple[str, ...], arrival: int) -> None:
        """Append ticks whose `symbol` is a place in `symbols`; OSError if the disk does not take them."""
        self._name(symbols)
        self._append(Kind.TICKS, ticks.tobytes(), arrival)
        self.rows += len(ticks)

    def add_bars(self, places: list[int], bars: Bars, symbols: tuple[str, ...], arrival: int) -> None:
        """Append minute bars, `places` being those of their symbols."""
        self._name(symbols)
        self._append(Kind.BARS, np.array(places, "<u4").tobytes() + bars.tobytes(), arrival)
        self.rows += len(bars)

    def sync(self) -> None:
        """What was appended survives a loss of power."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of it; the file stays."""
        self._file.close()

    def _name(self, symbols: tuple[str, ...]) -> None:
        if symbols is not self._symbols and symbols != self._symbols:
            self._append(Kind.SYMBOLS, json.dumps(symbols).encode(), 0)
        self._symbols = symbols

    def _append(self, kind: Kind, body: bytes, arrival: int) -> None:
        block = HEADER.pack(MAGIC, kind, len(body), zlib.crc32(body), arrival) + body
        written = self._file.write(block)
        if written != len(block):
            raise OSError(f"{self.path} could not be written whole")


def abandoned_spools(folder: Path) -> Iterator[Path]:
    """The spools that no process writes, oldest first; each is locked while it is worked on."""
    for path in sorted(folder.glob(PATTERN), key=number_of):
        try:
            file = path.open("rb")
        except FileNotFoundError:  # another process was faster
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if path.exists():
                yield path


def read_spool(path: Path) -> Rows:
    """All whole blocks of a spool; OSError if it cannot be read."""
    ticks, arrivals = [np.zeros(0, TICK)], [np.zeros(0, np.int64)]
    bars, places, bar_arrivals = [np.zeros(0, BAR)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    known: dict[str, int] = {}
    here = np.zeros(0, np.int64)
    for kind, body, arrival in _blocks(path.read_bytes()):
        if kind is Kind.SYMBOLS:
            here = np.array([known.setdefault(symbol, len(known)) for symbol in json.loads(body)], np.int64)
        elif kind is Kind.TICKS:
            batch = np.frombuffer(body, TICK).copy()
            batch["symbol"] = here[batch["symbol"]]
            ticks.append(batch)
            arrivals.append(np.arange(arrival, arrival + len(batch)))
        else:
            count = len(body) // (4 + BAR.itemsize)
            bars.append(np.frombuffer(body, BAR, count, 4 * count))
            places.append(here[np.frombuffer(body, "<u4", count)])
            bar_arrivals.append(np.arange(arrival, arrival + count))
    return Rows(
        tuple(known),
        np.concatenate(ticks),
        np.concatenate(arrivals),
        np.concatenate(bars),
        np.concatenate(places),
        np.concatenate(bar_arrivals),
    )


def _blocks(data: bytes) -> Iterator[tuple[Kind, bytes, int]]:
    at = 0
    while at + HEADER.size <= len(data):
        magic, kind, size, crc, arrival = HEADER.unpack_from(data, at)
        body = data[at + HEADER.size : at + HEADER.size + size]
        if magic != MAGIC or len(body) != size or zlib.crc32(body) != crc:
            return
        yield Kind(kind), body, arrival
        at += HEADER.size + size
