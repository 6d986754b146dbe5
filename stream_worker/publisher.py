"""The publisher: puts what the market gained into the cache, and the whole state at most four times a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from domain.errors import LeaseHeldError, SettingsError
from domain.interval import INTERVALS
from domain.status import DeskStatus, WorkerStatus
from domain.tick import Records
from market_cache.fault import CacheFault, Trouble
from market_cache.writer import NO_BARS, NO_TICKS, MarketWriter, State
from stream_worker.held_ticks import HeldTicks, RecentTicks, moved
from stream_worker.market import Market
from stream_worker.memory import resident_mb

SNAPSHOT_S: Final = 0.25
SNAPSHOT_SHARE: Final = 20
"""A snapshot of many symbols is long: the next comes after so many times the time that it took, or with the heartbeat."""
PIECE: Final = 16_384
"""Ticks a publication at most (1 MB): what was held goes out in pieces that every backend takes in time."""

FIRST_PATIENCE_S: Final = 10.0
REST: Final = 4
"""After a failure the next try waits so many times as long as the failure took: the loop has other things to do."""

SLOW_S: Final = 0.2
"""Tries that take this long to fail are not made at every beat either."""

MADE_ANEW: Final = frozenset({Trouble.GONE, Trouble.DAMAGED})

log = structlog.get_logger()


class Publisher:
    """Publishes for one worker. A cache that cannot be written for a while costs no tick until HeldTicks is full; one that
    vanished or is damaged is made anew from memory. `problem` says what is wrong, "" if nothing."""

    def __init__(
        self, open_writer: Callable[[], MarketWriter], market: Market, status: Callable[[], DeskStatus]
    ) -> None:
        self._open_writer, self.market, self._status = open_writer, market, status
        self.writer = _open_at_start(open_writer)
        self.held = HeldTicks()
        self._fault: CacheFault | None = None
        self._taken_over: LeaseHeldError | None = None
        self._started_at = time.monotonic()
        self._snapshot_at = -1.0
        self._snapshot_took_s = 0.0
        self._try_again_at = 0.0
        self._shown: DeskStatus | None = None
        self._documents: dict[str, bytes] = {}
        self._new_documents: dict[str, bytes] = {}
        self._under_way = NO_TICKS
        self._under_way_since = 0
        self._recent = RecentTicks()
        self._lost: CacheFault | None = None
        self._epoch_due = self._tries_are_slow = False

    @property
    def failing(self) -> bool:
        """Whether the last try to write failed."""
        return self._fault is not None

    @property
    def problem(self) -> str:
        """What keeps the cache from being written and how much waits, as a sentence; "" while it is written."""
        return f"{self._fault}; {self._waiting:,} ticks are held." if self._fault else ""

    @property
    def trouble(self) -> str:
        """What keeps the cache from being written; "" while it is written."""
        return str(self._fault or "")

    @property
    def dropped(self) -> int:
        """Trades that the tape lost because the cache could not be written for too long."""
        return self.held.dropped

    @property
    def conflated(self) -> int:
        """Quotes that newer ones replaced while the cache could not be written."""
        return self.held.conflated

    def move_to(self, market: Market) -> None:
        """Publish another market from now on, whose symbols may have other places. What waits for the cache moves with it."""
        self._attempt(lambda: self._publish(state_due=False))
        places = self.market.places_in(market)
        self.held.move(places)
        self._recent.move(places)
        self._under_way = moved(self._under_way, places)
        self._epoch_due = self._epoch_due or self.failing
        self.market = market
        self.announce()

    def announce(self) -> None:
        """Tell readers that a worker is there; the bars in the cache stay as they are."""
        self._attempt(self._announce)

    def begin_epoch(self) -> None:
        """Write all bars and documents and tell readers to begin anew; later, if the cache cannot be written now."""
        self._epoch_due = True
        self._attempt(self._write_everything)

    def show(self, name: str, data: bytes) -> None:
        """Put a document into the next publication; an empty one takes it away."""
        if self._documents.get(name, b"") != data:
            self._documents[name] = self._new_documents[name] = data

    def ticks(self, ticks: Records, ts_recv: int) -> None:
        """Publish ticks, the bars that they closed, new documents, and the state if it is due."""
        self.held.add(ticks, ts_recv)
        if time.monotonic() >= self._try_again_at:
            state_due = time.monotonic() - self._snapshot_at >= max(SNAPSHOT_S, SNAPSHOT_SHARE * self._snapshot_took_s)
            self._attempt(lambda: self._publish(state_due))

    def beat(self) -> None:
        """Publish the state now: the heartbeat, and every change of status. LeaseHeldError once another worker took over."""
        if not (self._tries_are_slow and time.monotonic() < self._try_again_at):
            self._attempt(self._beat)
        if self._taken_over is not None:
            raise self._taken_over

    def status_changed(self) -> None:
        """Publish the state if the stream's state is another than the one published last."""
        if self._shown is None or _said(self._status()) != _said(self._shown):
            self.beat()

    def close(self) -> None:
        """Publish the last word if that can be, and let go of the cache. Never raises."""
        if self._taken_over is None:
            self._attempt(lambda: self._publish(state_due=True))
        self.writer.close()

    @property
    def _waiting(self) -> int:
        return len(self._under_way) + len(self.held)

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do something with the cache; what goes wrong is kept for `problem` and said once."""
        began = time.monotonic()
        try:
            act()
        except LeaseHeldError as error:
            self._taken_over = error
        except CacheFault as fault:
            self._complain(fault)
        except SettingsError as error:
            self._complain(CacheFault(Trouble.OTHER, str(error)))
        took = time.monotonic() - began
        self._tries_are_slow = self.failing and took >= SLOW_S
        self._try_again_at = time.monotonic() + REST * took if self.failing else 0.0

    def _complain(self, fault: CacheFault) -> None:
        if self._fault is None or self._fault.trouble is not fault.trouble:
            log.error("cache cannot be written; ticks are held", why=str(fault), held=self._waiting)
        self._fault = fault
        if fault.trouble in MADE_ANEW:
            self._lost = fault

    def _beat(self) -> None:
        self._settle()
        self._look()
        if self._lost is not None:
            self._make_anew(self._lost)
        if self._epoch_due:
            self._write_everything()
        elif self.writer.symbols != self.market.symbols:
            self._announce()
        self._publish(state_due=True)

    def _look(self) -> None:
        """See with a reader's eyes whether what was written is there."""
        try:
            self.writer.inspect()
        except CacheFault as fault:
            if fault.trouble not in MADE_ANEW:
                raise
            self._complain(fault)

    def _make_anew(self, lost: CacheFault) -> None:
        """Open another store in the place of the one that is gone; all that is in memory is to be written again."""
        log.warning("the cache is made anew", why=str(lost))
        self._epoch_due = True
        if lost.trouble is Trouble.DAMAGED:
            self.writer.set_aside()
        writer = self._open_writer()
        self.writer.close()
        self.writer, self._lost = writer, None
        self.held.put_first(self._recent.take(), self._under_way)
        self._under_way = NO_TICKS

    def _announce(self) -> None:
        self.writer.begin_epoch(self.market.symbols, self._state())

    def _write_everything(self) -> None:
        if self._lost is not None:
            return
        self._settle()
        for place, symbol in enumerate(self.market.symbols):
            for interval in INTERVALS:
                series = self.market.book.series(place, interval)
                self.writer.write_series(symbol, interval, series.first, series.bars)
        self._announce()
        self.market.book.take_closed()
        self._new_documents = dict(self._documents)
        self._epoch_due = False

    def _publish(self, state_due: bool) -> None:
        if self._epoch_due or self._lost is not None:
            return
        self._settle()
        while self._waiting > PIECE or (len(self._under_way) and len(self.held)):
            self._publish_piece(NO_BARS, None, {})
        began = time.monotonic()
        state = self._state() if state_due else None
        closed = self.market.book.pending_closed()  # after the state: making it may change bars
        if self._waiting or len(closed) or self._new_documents or state_due:
            self._publish_piece(closed, state, self._new_documents)
            self._snapshot_took_s = time.monotonic() - began if state_due else self._snapshot_took_s
            self.market.book.take_closed()
            self._new_documents = {}
            self._say_recovered()

    def _publish_piece(self, closed: Records, state: State | None, documents: dict[str, bytes]) -> None:
        """One publication. Its ticks stay apart until it is known that they are in the cache."""
        if not len(self._under_way):
            self._under_way_since = self.held.since
            self._under_way = self.held.take(PIECE)
        self.writer.publish(self._under_way, closed, state, self._under_way_since, documents)
        self._arrive()

    def _settle(self) -> None:
        """What had no answer may have arrived after all; then it is not published again."""
        if self.writer.arrived():
            self._arrive()

    def _arrive(self) -> None:
        self._recent.add(self._under_way)
        self._under_way = NO_TICKS

    def _say_recovered(self) -> None:
        if self._fault is not None:
            log.info("cache written again", dropped=self.dropped, conflated=self.conflated)
        self._fault = None

    def _state(self) -> State:
        self._snapshot_at = time.monotonic()
        self._shown = self._status()
        worker = WorkerStatus(True, os.getpid(), round(time.monotonic() - self._started_at, 1), resident_mb())
        forming, ordinals = self.market.book.forming()
        return State(self.market.latest, forming, ordinals, replace(self._shown, worker=worker))


def _open_at_start(open_writer: Callable[[], MarketWriter]) -> MarketWriter:
    """The first writer. A cache that cannot be opened for 10 s ends the worker, which is then started again."""
    deadline = time.monotonic() + FIRST_PATIENCE_S
    while True:
        try:
            return open_writer()
        except CacheFault:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _said(status: DeskStatus) -> list[tuple[str, str, str]]:
    """State and reason of every stream."""
    return [("", status.stream.state, status.stream.why), *((n, s.state, s.why) for n, s in status.streams.items())]
