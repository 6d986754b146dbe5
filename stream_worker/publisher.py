"""The publisher: puts what the market gained into the cache, and the whole state at most four times a second."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import diskcache
import numpy as np
import structlog

from domain.errors import SettingsError
from domain.interval import INTERVALS
from domain.status import DeskStatus, WorkerStatus
from domain.tick import Records
from market_cache.writer import NO_TICKS, MarketWriter, State
from stream_worker.market import Market
from stream_worker.memory import resident_mb

SNAPSHOT_S: Final = 0.25
HELD_TICKS: Final = 500_000
"""Ticks kept while the cache cannot be written; older ones are dropped and counted."""

log = structlog.get_logger()


class Publisher:
    """Publishes for one worker. A cache that cannot be written for a while costs no tick; one that vanished is made anew."""

    def __init__(
        self, open_writer: Callable[[], MarketWriter], market: Market, status: Callable[[], DeskStatus]
    ) -> None:
        self._open_writer, self.market, self._status = open_writer, market, status
        self.writer = open_writer()
        self.failing = False
        self.dropped = 0
        self._started_at = time.monotonic()
        self._snapshot_at = -1.0
        self._shown: DeskStatus | None = None
        self._held: list[Records] = []
        self._held_since = 0
        self._epoch_due = False

    def announce(self) -> None:
        """Tell readers that a worker is there; the bars in the cache stay as they are."""
        self.writer.begin_epoch(self.market.symbols, self._state())

    def begin_epoch(self) -> None:
        """Write all bars and tell readers to begin anew; later, if the cache cannot be written now."""
        self._epoch_due = True
        try:
            self._write_everything()
        except (sqlite3.Error, diskcache.Timeout) as error:
            self._complain(error)

    def _write_everything(self) -> None:
        for place, symbol in enumerate(self.market.symbols):
            for interval in INTERVALS:
                series = self.market.book.series(place, interval)
                self.writer.write_series(symbol, interval, series.first, series.bars)
        self.announce()
        self.market.book.take_closed()
        self._epoch_due = False

    def ticks(self, ticks: Records, ts_recv: int) -> None:
        """Publish ticks, the bars that they closed, and the state if it is due."""
        self._held.append(ticks)
        self._publish(ts_recv, state_due=time.monotonic() - self._snapshot_at >= SNAPSHOT_S)

    def beat(self) -> None:
        """Publish the state now: the heartbeat, and every change of status."""
        if self.writer.store.lost:
            self._reopen()
        elif self._epoch_due:
            self.begin_epoch()
        elif self.writer.symbols != self.market.symbols:
            self.announce()
        self._publish(0, state_due=True)

    def status_changed(self) -> None:
        """Publish the state if the stream's state is another than the one published last."""
        now = self._status()
        if (
            self._shown is None
            or now.stream.state != self._shown.stream.state
            or now.stream.why != self._shown.stream.why
        ):
            self.beat()

    def _publish(self, ts_recv: int, state_due: bool) -> None:
        ticks = self._held[0] if len(self._held) == 1 else np.concatenate(self._held) if self._held else NO_TICKS
        closed = self.market.book.pending_closed()
        if not (len(ticks) or len(closed) or state_due):
            return
        self._held_since = self._held_since or ts_recv
        if self._epoch_due:
            self._keep(ticks)
            return
        try:
            self.writer.publish(ticks, closed, self._state() if state_due else None, self._held_since)
        except (sqlite3.Error, diskcache.Timeout) as error:
            self._complain(error)
            self._keep(ticks)
            return
        self.market.book.take_closed()
        self._held.clear()
        self._held_since = 0
        if self.failing:
            log.info("cache written again", dropped=self.dropped)
        self.failing = False

    def _complain(self, error: Exception) -> None:
        if not self.failing:
            log.error("cache cannot be written; ticks are held", error=f"{type(error).__name__}: {error}")
        self.failing = True

    def _keep(self, ticks: Records) -> None:
        self.dropped += max(len(ticks) - HELD_TICKS, 0)
        self._held = [ticks[-HELD_TICKS:]]

    def _state(self) -> State:
        self._snapshot_at = time.monotonic()
        self._shown = self._status()
        worker = WorkerStatus(True, os.getpid(), round(time.monotonic() - self._started_at, 1), resident_mb())
        forming, ordinals = self.market.book.forming()
        return State(self.market.latest, forming, ordinals, replace(self._shown, worker=worker))

    def _reopen(self) -> None:
        log.warning("cache was deleted; it is filled again")
        self._epoch_due = True
        try:
            writer = self._open_writer()
        except (SettingsError, sqlite3.Error, diskcache.Timeout) as error:
            self._complain(error)
            return
        self.writer.close()
        self.writer = writer
        self.begin_epoch()
