"""The reader: the market as one process sees it, kept up by small steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Final

import numpy as np

from domain.bar import Bar, Bars
from domain.depth import Depth
from domain.interval import INTERVALS
from domain.latest import Latest
from domain.news import NewsItem
from domain.status import BELIEVABLE, DeskStatus
from market_cache import bar_chunks, document, head, snapshot
from market_cache.additions import join, take_additions
from market_cache.bar_chunks import Extent, extent_key
from market_cache.document import Document
from market_cache.head import Head
from market_cache.segment import Part, unpack_part
from market_cache.snapshot import Snapshot
from market_cache.store import Key, open_readable
from market_cache.tail import Print, newer
from market_cache.tails import ClosedBars, Tails
from market_cache.writer import RING_SLOTS

MIN_STEP_S: Final = 0.02
LOOK_BACK: Final = 4_000
"""Segments that a new reader goes through to fill its tails."""

BATCH: Final = 64
MAX_DOCUMENTS: Final = 500

OTHER_LAYOUT: Final = (
    "The cache was written by another version of Tickdesk; its worker or this process must be restarted."
)


class MarketReader:
    """A view of the cache for one process. Safe to use from several threads; opening never fails and never waits.

    `epoch` is 0 until a worker has written. Within an epoch `seq` only grows; everything that changed after a seq can be
    asked for. A view of another mode than `mode` stays empty: practice prices never show under PAPER.
    """

    def __init__(
        self,
        cache_url: str,
        mode: str | None = None,
        ring_slots: int = RING_SLOTS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = open_readable(cache_url)
        self._mode, self._ring_slots, self._monotonic = mode, ring_slots, monotonic
        self._lock = threading.RLock()
        self._stepped_at = -1e9
        self.epoch = self.seq = 0
        self._heartbeat = self._known_from = self._ts_published = 0
        self._symbols: tuple[str, ...] = ()
        self._index: dict[str, int] = {}
        self._problem = ""
        self._tails: Tails
        self._latest: Latest
        self._documents_seq = self._documents_of = 0
        self._documents: dict[str, Document | None]
        self._beside: dict[int, Part] = {}
        self._expected = 0
        self._forget()

    def catch_up(self, force: bool = False) -> None:
        """Read what was published since the last step. At most once in 20 ms, unless forced."""
        with self._lock:
            now = self._monotonic()
            if force or now - self._stepped_at >= MIN_STEP_S:
                self._stepped_at = now
                self._step()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of the epoch, in the worker's order."""
        return self._symbols

    def status(self) -> DeskStatus:
        """The worker's status as it may be believed now. If the cache cannot be read, that is why it is old."""
        with self._lock:
            status = self._status.aged(self._silence_s())
            if not self.problem or status.stream.state in BELIEVABLE:
                return status
            return replace(status, stream=replace(status.stream, why=self.problem))

    def latest(self, symbol: str) -> np.void | None:
        """The LATEST record of a symbol, or None if the desk does not know the symbol."""
        with self._lock:
            index = self._index.get(symbol)
            row: np.void | None = None if index is None else self._latest[index].copy()
            return row

    def age_s(self, symbol: str) -> float | None:
        """Real seconds since the worker got the symbol's last event; None before the first."""
        with self._lock:
            index = self._index.get(symbol)
            if index is None or not self._latest["ts_recv"][index]:
                return None
            at_publication = (self._ts_published - int(self._latest["ts_recv"][index])) / 1e9
            return max(at_publication, 0.0) + self._monotonic() - self._published_seen_at

    def forming(self, symbol: str, interval: str) -> tuple[int, Bar] | None:
        """The bar that has not closed yet, with its ordinal."""
        with self._lock:
            index = self._index.get(symbol)
            if index is None:
                return None
            row = INTERVALS.index(interval)
            bar = self._forming[row, index]
            return (int(self._ordinals[row, index]), bar) if bar["start"] else None

    def bars(self, symbol: str, interval: str, limit: int = 600, before: int | None = None) -> tuple[int, Bars]:
        """The last `limit` closed bars, oldest first, with the ordinal of the first; only those below `before` if given."""
        with self._lock:
            known = symbol in self._index
            extent = Extent.unpack(self._get_one(extent_key(symbol, interval)) if known else None)
            recent = {ordinal: bar for _, ordinal, bar in self._closed(symbol, interval)}
            whole = extent.with_ordinals(recent)
            forming = self.forming(symbol, interval)
            last = whole.last if forming is None else min(whole.last, forming[0] - 1)
            last = last if before is None else min(last, before - 1)
            first = max(whole.first, last - limit + 1)
            found = bar_chunks.read_bars(self._store.get, symbol, interval, first, last)
            found["start"][max(extent.last + 1 - first, 0) :] = 0
            for ordinal, bar in recent.items():  # what is newer than the series
                if first <= ordinal <= last:
                    found[ordinal - first] = bar
            return _behind_holes(first, found)

    def closed_since(self, symbol: str, interval: str, seq: int) -> list[tuple[int, Bar]] | None:
        """Bars that closed or changed after `seq`, with ordinals; None if that is further back than this reader knows."""
        with self._lock:
            if seq < self._known_from:
                return None
            closed = self._closed(symbol, interval)
            if len(closed) == closed.maxlen and closed[0][0] > seq:
                return None
            return [(ordinal, bar) for _, ordinal, bar in newer(closed, seq)]

    def trades_since(self, symbol: str, seq: int, limit: int = 60) -> list[Print]:
        """The newest `limit` prints after `seq`, oldest first."""
        with self._lock:
            return self._tails.prints(self._index.get(symbol), seq)[-limit:]

    def spreads_since(self, symbol: str, seq: int) -> list[tuple[int, float]]:
        """(ts_event, spread in USD), one a market second, after `seq`; at most the last 600 are known."""
        with self._lock:
            return self._tails.spreads(self._index.get(symbol), seq)

    def changed_since(self, seq: int) -> list[str]:
        """The symbols that had an event after `seq`."""
        with self._lock:
            return [self._symbols[index] for index in np.flatnonzero(self._tails.changed_at > seq)]

    def document(self, name: str) -> Document | None:
        """The seq of the publication that brought the document, and its bytes. Costs nothing while no document changes."""
        with self._lock:
            if not self.epoch:
                return None
            if self._documents_of != self._documents_seq or len(self._documents) > MAX_DOCUMENTS:
                self._documents, self._documents_of = {}, self._documents_seq
            if name not in self._documents:
                self._documents[name] = document.unpack(self._get_one(document.key(name)))
            return self._documents[name]

    def news(self) -> list[NewsItem]:
        """The newest articles, newest first."""
        found = self.document(document.NEWS)
        return document.unpack_news(found[1]) if found else []

    def depth(self, symbol: str) -> Depth | None:
        """The order book of a symbol as it was told last; None where there is none."""
        found = self.document(document.depth_name(symbol))
        return document.unpack_depth(found[1]) if found else None

    @property
    def problem(self) -> str:
        """Why the cache cannot be read, as a sentence; "" while it can. What was read before stays, and its age grows."""
        return self._problem or self._store.problem

    def _step(self) -> None:
        before = self.seq
        self._follow_head()
        self._beside, self._expected = {}, min(max(self.seq - before, 0), BATCH)

    def _follow_head(self) -> None:
        found = self._look()
        if found is None:
            return
        new = Head.unpack(found.get(head.KEY))
        self._problem = OTHER_LAYOUT if head.is_of_another_layout(found.get(head.KEY)) else ""
        if new is None:
            if self.epoch:
                self._forget()
            return
        if (new.epoch, new.seq, new.heartbeat) == (self.epoch, self.seq, self._heartbeat):
            return
        if (new.epoch, new.heartbeat) == (self.epoch, self._heartbeat) and self._follow(new):
            self._published(new)
        else:
            self._step_with_state()

    def _look(self) -> dict[Key, bytes] | None:
        """The head, and with it as many segments as came the last time: mostly these are all."""
        slot = (self.seq + 1) % self._ring_slots
        end = min(slot + self._expected, self._ring_slots)
        found = self._store.get_with_run(head.KEY, slot, end - 1) if end > slot else self._store.get(head.KEY)
        parts = (unpack_part(value) for key, value in (found or {}).items() if key != head.KEY)
        # a slot that the writer did not come to holds an older segment
        self._beside = {part.seq: part for part in parts if part is not None and part.seq > self.seq}
        return found

    def _step_with_state(self) -> None:
        both = self._store.get(head.KEY, snapshot.KEY)
        if both is None:
            return
        new, state = Head.unpack(both.get(head.KEY)), snapshot.unpack(both.get(snapshot.KEY))
        if new is None or state is None or (self._mode and state.status.mode != self._mode):
            self._forget()
        elif new.epoch != self.epoch or not self._follow(new):
            self._begin(new, state)
        else:
            self._take_state(new, state)

    def _follow(self, new: Head) -> bool:
        """Take the segments up to the head; False if one is missing: then the state must be read anew."""
        found = [item for item in self._segments(self.seq + 1, new.seq, new.epoch) if item is not None]
        missing = len(found) < new.seq - self.seq
        if missing:
            return False
        self._take(found)
        return new.seq >= self.seq

    def _begin(self, new: Head, state: Snapshot) -> None:
        old, places = self._tails, self._index
        self._forget()
        self.epoch, self._symbols, self._tails = new.epoch, state.symbols, Tails(len(state.symbols))
        self._index = {symbol: index for index, symbol in enumerate(state.symbols)}
        self._latest = state.latest.copy()
        self._keep_spreads(old, places)
        self._published_seen_at = self._monotonic()
        first = max(state.first_seq, new.seq - LOOK_BACK, 1)
        items = list(self._segments(first, new.seq, new.epoch))
        self._take([item for item in items if item is not None])
        whole = len(list(takewhile(lambda item: item is not None, reversed(items))))
        self.seq, self._known_from = new.seq, new.seq - whole
        self._take_state(new, state)
        silence = max(time.time_ns() - new.ts_published, 0) / 1e9
        self._heartbeat_seen_at = self._published_seen_at = self._monotonic() - silence

    def _keep_spreads(self, old: Tails, places: dict[str, int]) -> None:
        known = [symbol for symbol in self._symbols if symbol in places]
        mine = [self._index[symbol] for symbol in known]
        self._tails.take_spreads(old, [places[symbol] for symbol in known], mine, self._latest["quote_ts_event"][mine])

    def _segments(self, first: int, last: int, epoch: int) -> Iterator[Part | None]:
        """The segments of these numbers, None where one is missing; they are read a batch at a time."""
        slots, begin = self._ring_slots, first
        while begin <= last and (beside := self._beside.get(begin)) is not None and beside.epoch == epoch:
            yield beside
            begin += 1
        while begin <= last:
            end = min(begin + BATCH - 1, last, begin - begin % slots + slots - 1)  # a run of slots ends with the ring
            found = self._store.run(begin % slots, end % slots) or {}
            for number in range(begin, end + 1):
                part = unpack_part(found.get(number % slots))
                yield part if part is not None and part.seq == number and part.epoch == epoch else None
            begin = end + 1

    def _take(self, items: list[Part]) -> None:
        if not items:
            return
        self.seq = items[-1].seq
        added = join(items)
        take_additions(self._latest, added)
        self._tails.add(added)
        for item in items:
            if len(item.closed):
                self._tails.add_closed(item, INTERVALS)

    def _take_state(self, new: Head, state: Snapshot) -> None:
        now = self._monotonic()
        if new.heartbeat != self._heartbeat:
            self._heartbeat, self._heartbeat_seen_at = new.heartbeat, now
            self._forming, self._ordinals, self._status = state.forming, state.ordinals, state.status
            self._latest["previous_close"] = state.latest["previous_close"]
        self._published(new)

    def _published(self, new: Head) -> None:
        self._ts_published, self._documents_seq = new.ts_published, new.documents
        self._published_seen_at = self._monotonic()

    def _forget(self) -> None:
        self.epoch = self.seq = self._heartbeat = self._known_from = self._ts_published = 0
        self._heartbeat_seen_at = self._published_seen_at = 0.0
        self._documents_seq = self._documents_of = 0
        self._documents = {}
        self._symbols, self._index, self._tails = (), {}, Tails(0)
        self._latest, self._forming, self._ordinals = snapshot.empty_tables(0)
        self._status = replace(DeskStatus(), mode=self._mode or "sim")

    def _closed(self, symbol: str, interval: str) -> ClosedBars:
        return self._tails.closed(self._index.get(symbol), interval)

    def _silence_s(self) -> float | None:
        return self._monotonic() - self._heartbeat_seen_at if self._heartbeat else None

    def _get_one(self, key: str) -> bytes | None:
        return (self._store.get(key) or {}).get(key)


def _behind_holes(first: int, bars: Bars) -> tuple[int, Bars]:
    """The bars behind the last one that is missing, with the ordinal of the first."""
    holes = np.flatnonzero(bars["start"] == 0)
    whole = int(holes[-1]) + 1 if len(holes) else 0
    return first + whole, bars[whole:]
