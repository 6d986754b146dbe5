"""The writer: the only hand that changes the cache. One publication is one transaction."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog

from domain import rows
from domain.bar import BAR, Bars
from domain.closed_bar import CLOSED_BAR
from domain.interval import INTERVALS, KEEP_BARS
from domain.latest import Latest
from domain.status import DeskStatus
from domain.tick import TICK, Records
from market_cache import bar_chunks, document, head, segment, snapshot, stamp
from market_cache.bar_chunks import CHUNK, Extent, chunk_key, extent_key
from market_cache.filing import Filing
from market_cache.head import Head
from market_cache.ring import Entry, Ring
from market_cache.seal import seal, unseal
from market_cache.segment import Segment
from market_cache.snapshot import Snapshot
from market_cache.stamp import Stamp
from market_cache.store import SCHEME, Key, open_writable

RING_SLOTS: Final = 16_384
"""At one flush each 5 ms the ring holds 80 s."""

RING_BYTES: Final = 256 * 2**20

log = structlog.get_logger()

CHUNKS_KEPT: Final = 512
"""Chunks that are kept in memory, so that they need not be read before they are rewritten: 3 MB."""

SERIES_AT_ONCE: Final = 256

FILED: Final = "filed"
"""Where it is written up to which publication all closed bars are in their series."""

FILED_EVERY: Final = 256
"""Publications: so far behind it may be."""

NO_TICKS: Final = np.zeros(0, TICK)
NO_BARS: Final = np.zeros(0, CLOSED_BAR)


@dataclass(frozen=True, slots=True)
class State:
    """What a snapshot is made of; the writer adds the numbers."""

    latest: Latest
    forming: Records
    ordinals: np.ndarray[Any, np.dtype[np.int64]]
    status: DeskStatus


class MarketWriter:
    """Publishes segments, closed bars and snapshots. One per cache: hold its lease, whose token is `owner`.

    `cache` is a CACHE_URL or the directory of a diskcache. What writes raises CacheFault when the cache cannot be used now:
    then nothing of it is visible and it may be written again. LeaseHeldError if another worker has taken the cache over.
    `symbols` are those of the epoch. `earlier_snapshot` is what another writer left when this one was opened, or None.
    `seq` goes on across restarts; `epoch` changes with every `begin_epoch`, which tells readers to forget what they have.
    """

    def __init__(
        self, cache: str | Path, owner: str = "", ring_slots: int = RING_SLOTS, ring_bytes: int = RING_BYTES
    ) -> None:
        self.store = open_writable(f"{SCHEME}{cache}" if isinstance(cache, Path) else cache, owner)
        self._ring = Ring(ring_slots, ring_bytes)
        old = Head.unpack(self.store.get(head.KEY))
        self._head = old or Head(0, 0, 0, 0)
        self._first_seq = self._head.seq + 1
        self.earlier_snapshot = self.store.get(snapshot.KEY) if old else None
        self.symbols: tuple[str, ...] = ()
        self._chunks: dict[str, Bars] = {}
        self._extents: dict[str, Extent] = {}
        self._written = b""
        self._filed_written = -1
        self._tried: tuple[Head, Entry, Records, Records] | None = None
        self._filing = Filing(self._head.seq)
        self._recover()

    @property
    def epoch(self) -> int:
        """The name of the content that is being published."""
        return self._head.epoch

    @property
    def retired(self) -> int:
        """Ticks that left the ring because newer ones needed the room."""
        return self._ring.retired

    def arrived(self) -> bool:
        """Whether the publication that failed last took effect after all: then it must not be published again."""
        if self._tried is None or not self.store.arrived():
            return False
        tried, entry, part, closed = self._tried
        self._took(Head.unpack(self.store.get(head.KEY)) or tried, entry, part, closed)
        return True

    def inspect(self) -> None:
        """Look at the cache as a reader would. CacheFault, with trouble GONE or DAMAGED, if it must be made anew."""
        if self._written:
            self.store.inspect(head.KEY, self._written)

    def claim(self, mine: Stamp) -> bool:
        """Put the cache under a stamp; everything under another stamp is wiped. Whether the content was kept."""
        stored = self.store.get(stamp.KEY)
        kept = mine.admits(stored)
        with self.store.transaction():
            if not kept:
                self.store.clear()
            if not kept or mine.account_id:
                self.store.put(stamp.KEY, mine.pack())
        if not kept:
            self._chunks.clear()
            self._extents.clear()
            if stored:
                log.warning("the cache held data of another account, server or version; it was emptied")
        return kept

    def begin_epoch(self, symbols: tuple[str, ...], state: State) -> None:
        """Start new content for these symbols. Readers drop what they have and begin with this state."""
        self.file_all()
        epoch = max(time.time_ns(), self._head.epoch + 1)
        self._head = replace(self._head, epoch=epoch)
        self._first_seq = self._head.seq + 1
        self.symbols = symbols
        self.publish(NO_TICKS, NO_BARS, state)

    def publish(
        self,
        ticks: Records,
        closed: Records,
        state: State | None,
        ts_recv: int = 0,
        documents: dict[str, bytes] | None = None,
    ) -> int:
        """Publish ticks (in order), bars that closed or changed, the state and documents if given; the publication's number.

        A document replaces the one of the same name; an empty one takes it away. `ts_recv` is when the oldest of the ticks
        arrived (wall clock, ns). After a CacheFault ask `arrived` before the same is published again.
        """
        now = time.time_ns()
        seq = self._head.seq + 1
        beats = self._head.heartbeat + (state is not None)
        new = Head(self._head.epoch, seq, beats, now, seq if documents else self._head.documents)
        data = segment.pack(Segment(new.epoch, seq, ts_recv or now, now, ticks, closed))
        entry = Entry(seq, len(data), len(ticks))
        if (
            self._ring.oldest_beside(entry) > self._filing.filed + 1
        ):  # segments with bars that are in no series yet must go
            self.file_all()
        part = self._filing.part()
        self._tried = new, entry, part, closed
        puts: dict[Key, bytes] = {seq % self._ring.slots: data, head.KEY: new.pack()}
        if state is not None:
            puts[snapshot.KEY] = snapshot.pack(self._snapshot(new, state))
        with self._all_or_nothing():
            if gone := self._ring.must_go(entry):
                self.store.delete(gone)
            self._put_closed(part)
            self._put_filed()
            self._put_documents(seq, documents or {})
            self.store.put_many(puts)
        self._took(new, entry, part, closed)
        return seq

    def write_series(self, symbol: str, interval: str, first: int, bars: Bars) -> None:
        """Replace the whole series of a symbol and interval; `first` is the ordinal of the first bar."""
        self.file_all()
        kept = bars[-KEEP_BARS[interval] :]
        first += len(bars) - len(kept)
        old = self._extent(symbol, interval)
        extent = Extent(first, first + len(kept) - 1)
        with self._all_or_nothing():
            for number in range(old.first // CHUNK, old.last // CHUNK + 1):
                self._drop_chunk(symbol, interval, number)
            self._put_run(symbol, interval, first, kept)
            self._put_extent(symbol, interval, extent)

    def read_series(self, symbol: str, interval: str) -> tuple[int, Bars]:
        """The series that is in the store: ordinal of the first bar, and the bars. For the start of the worker."""
        self.file_all()
        extent = self._extent(symbol, interval)
        bars = bar_chunks.read_bars(self.store.get_many, symbol, interval, extent.first, extent.last)
        holes = np.flatnonzero(bars["start"] == 0)
        whole = int(holes[-1]) + 1 if len(holes) else 0
        return extent.first + whole, bars[whole:]

    def set_aside(self) -> None:
        """Close the store and put what it held out of the way: it is damaged."""
        self.store.set_aside()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """A transaction that, when it fails, leaves nothing in this writer's own memory of the store either."""
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self._chunks.clear()
            self._extents.clear()
            raise

    def _took(self, new: Head, entry: Entry, part: Records, closed: Records) -> None:
        self._head, self._written, self._tried = new, new.pack(), None
        self._ring.add(entry)
        self._filing.took(part)
        self._filing.add(new.seq, closed)

    def file_all(self) -> None:
        """Put every bar that waits for it into its series now."""
        if self._filing.all_filed:
            return
        with self._all_or_nothing():
            self._put_closed(self._filing.rest())
            self.store.put(FILED, seal(struct.pack("<q", self._head.seq)))
        self._filing.took_all()

    def _put_filed(self) -> None:
        """Write down from where on segments hold bars that no series has; what is put there twice is the same."""
        if self._filing.filed - self._filed_written >= FILED_EVERY:
            self.store.put(FILED, seal(struct.pack("<q", self._filing.filed)))
            self._filed_written = self._filing.filed

    def _recover(self) -> None:
        """Put the bars into their series that an earlier writer did not come to, and forget its segments."""
        old = snapshot.unpack(self.earlier_snapshot)
        if old is not None and old.epoch == self._head.epoch:
            self.symbols = old.symbols
            with self._all_or_nothing():
                self._put_closed(self._left_over())
            self.symbols = ()
        self._forget_ring()

    def _left_over(self) -> Records:
        mark = unseal(self.store.get(FILED))
        filed = struct.unpack("<q", mark)[0] if mark is not None and len(mark) == 8 else 0
        newest = self._head.seq
        numbers = range(max(filed, newest - self._ring.slots) + 1, newest + 1)
        found = (segment.unpack(self.store.get(number % self._ring.slots)) for number in numbers)
        mine = [item.closed for item in found if item is not None and item.epoch == self._head.epoch]
        return np.concatenate([NO_BARS, *mine])

    def _snapshot(self, new: Head, state: State) -> Snapshot:
        status = replace(state.status, heartbeat=new.heartbeat)
        tables = state.latest, state.forming, state.ordinals
        return Snapshot(new.epoch, new.seq, self._first_seq, new.ts_published, self.symbols, *tables, status)

    def _put_documents(self, seq: int, documents: dict[str, bytes]) -> None:
        for name, data in documents.items():
            if data:
                self.store.put(document.key(name), document.pack(seq, data))
            else:
                self.store.delete([document.key(name)])

    def _put_closed(self, closed: Records) -> None:
        if not len(closed):
            return
        series = closed["symbol"].astype(np.int64) * len(INTERVALS) + closed["interval"]
        order = np.argsort(series, kind="stable")
        numbers, begins = np.unique(series[order], return_index=True)
        whole = np.split(rows.pick(closed, order), begins[1:])
        names = [(self.symbols[at // len(INTERVALS)], INTERVALS[at % len(INTERVALS)]) for at in numbers.tolist()]
        for begin in range(0, len(names), SERIES_AT_ONCE):
            self._put_series(names[begin : begin + SERIES_AT_ONCE], whole[begin : begin + SERIES_AT_ONCE])

    def _put_series(self, names: list[tuple[str, str]], closed: list[Records]) -> None:
        self._fetch(names, closed)
        puts: dict[Key, bytes] = {}
        for (symbol, interval), of_series in zip(names, closed, strict=True):
            places, bars = of_series["ordinal"], of_series["bar"]
            grown = self._extent(symbol, interval).with_ordinals(places.tolist())
            extent = self._retained(symbol, interval, grown)
            self._extents[extent_key(symbol, interval)] = extent
            puts[extent_key(symbol, interval)] = extent.pack()
            numbers = places // CHUNK
            for number in {*numbers.tolist()}:
                chunk, inside = self._chunk(symbol, interval, number), numbers == number
                rows.put(chunk, places[inside] % CHUNK, bars[inside])
                if number >= extent.first // CHUNK:
                    puts[chunk_key(symbol, interval, number)] = bar_chunks.pack_chunk(chunk)
        self.store.put_many(puts)

    def _fetch(self, names: list[tuple[str, str]], closed: list[Records]) -> None:
        """Get the newest chunks and the extents that these bars belong to, those that are not in memory, at one go."""
        if len(self._chunks) + len(names) > CHUNKS_KEPT:
            self._chunks.clear()
        newest = (int(of_series["ordinal"][-1]) // CHUNK for of_series in closed)
        chunks = [chunk_key(*name, number) for name, number in zip(names, newest, strict=True)]
        wanted = [key for key in chunks if key not in self._chunks]
        missing = [key for key in (extent_key(*name) for name in names) if key not in self._extents]
        found = self.store.get_many(*wanted, *missing)
        self._chunks.update((key, bar_chunks.load_chunk(found.get(key))) for key in wanted)
        self._extents.update((key, Extent.unpack(found.get(key))) for key in missing)

    def _retained(self, symbol: str, interval: str, extent: Extent) -> Extent:
        first = max(extent.first, extent.last - KEEP_BARS[interval] + 1)
        for number in range(extent.first // CHUNK, first // CHUNK):
            self._drop_chunk(symbol, interval, number)
        return Extent(first, extent.last)

    def _put_run(self, symbol: str, interval: str, first: int, bars: Bars) -> None:
        for number in range(first // CHUNK, (first + len(bars) - 1) // CHUNK + 1):
            begin = number * CHUNK - first
            inside = bars[max(begin, 0) : begin + CHUNK]
            chunk = np.zeros(CHUNK, BAR)
            offset = max(-begin, 0)
            chunk[offset : offset + len(inside)] = inside
            self.store.put(chunk_key(symbol, interval, number), bar_chunks.pack_chunk(chunk))

    def _chunk(self, symbol: str, interval: str, number: int) -> Bars:
        key = chunk_key(symbol, interval, number)
        if key not in self._chunks:
            if len(self._chunks) >= CHUNKS_KEPT:
                self._chunks.clear()
            self._chunks[key] = bar_chunks.load_chunk(self.store.get(key))
        return self._chunks[key]

    def _drop_chunk(self, symbol: str, interval: str, number: int) -> None:
        key = chunk_key(symbol, interval, number)
        self._chunks.pop(key, None)
        self.store.delete([key])

    def _extent(self, symbol: str, interval: str) -> Extent:
        key = extent_key(symbol, interval)
        if key not in self._extents:
            self._extents[key] = Extent.unpack(self.store.get(key))
        return self._extents[key]

    def _put_extent(self, symbol: str, interval: str, extent: Extent) -> None:
        key = extent_key(symbol, interval)
        self._extents[key] = extent
        self.store.put(key, extent.pack())

    def _forget_ring(self) -> None:
        slots = self.store.numbers()
        if slots:
            with self.store.transaction():
                self.store.delete(slots)
