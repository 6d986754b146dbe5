"""The recording's writer: appends batches to a spool, makes Parquet files of it, and keeps the whole within its limits."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog

from domain.session import trading_day
from stream_worker.recording import number_of
from stream_worker.recording_days import delete_surplus
from stream_worker.recording_files import write_files
from stream_worker.recording_spool import PATTERN, Spool, abandoned_spools, read_spool

SYNC_S: Final = 1.0
FILES_S: Final = 300.0
FILE_ROWS: Final = 1_000_000
"""Rows at which a spool is turned into files before its time: 64 MB."""

QUICK_ROWS: Final = 300_000
"""A spool of more rows is left as it is when the worker stops: the next start makes its files."""

TRY_AGAIN_S: Final = 60.0

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""


class Batch(NamedTuple):
    """Ticks; or, where `places` is given, minute bars with the places of their symbols."""

    rows: Any
    places: list[int] | None
    symbols: tuple[str, ...]


class RecordingWriter:
    """The part that touches the disk; only the recorder's thread calls it. Its numbers may be read by anybody."""

    def __init__(self, folder: Path, days: int, limit: int, try_again_s: float = TRY_AGAIN_S) -> None:
        self._folder, self._days, self._limit, self._try_again_s = folder, days, limit, try_again_s
        self.rows = self.files = self.size = self.dropped = self.deleted_days = 0
        self.problem = ""
        self._spool: Spool | None = None
        self._number = 0
        self._arrival = 0
        self._full_day = ""
        self._stopped_until = self._spool_since = self._synced_at = 0.0

    def begin(self) -> None:
        """Turn what a killed process left into files."""
        self._guarded(self._make_files)

    def write(self, batches: list[Batch]) -> None:
        """Append batches, and make files when it is time. What cannot be written is dropped and counted."""
        done = 0
        if time.monotonic() >= self._stopped_until:
            for batch in batches:
                if not self._guarded(partial(self._append, batch)):
                    break
                done += 1
            else:
                self._guarded(self._settle)
        self.dropped += sum(len(batch.rows) for batch in batches[done:])

    def end(self) -> None:
        """Make the last files, unless that would take long."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        self._guarded(spool.sync)
        spool.close()
        if spool.rows <= QUICK_ROWS:
            self._guarded(self._make_files)

    def _append(self, batch: Batch) -> None:
        moments = batch.rows["ts_event" if batch.places is None else "start"]
        if self._full_day and trading_day(int(moments[-1])).isoformat() == self._full_day:
            self.dropped += len(batch.rows)
            return
        spool = self._spool or self._open()
        arrival, self._arrival = self._arrival, self._arrival + len(batch.rows)
        if batch.places is None:
            spool.add_ticks(batch.rows, batch.symbols, arrival)
        else:
            spool.add_bars(batch.places, batch.rows, batch.symbols, arrival)
        self.rows += len(batch.rows)

    def _open(self) -> Spool:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        numbers = map(number_of, (*self._folder.glob("*/*/*.parquet"), *self._folder.glob(PATTERN)))
        self._number = max(self._number, max(numbers, default=0)) + 1
        # grows from one process to the next as well, so that no row of an earlier one comes later
        self._arrival = max(self._arrival, time.time_ns())
        self._spool = Spool(self._folder, self._number)
        self._spool_since = time.monotonic()
        return self._spool

    def _settle(self) -> None:
        """Sync, and make files of a spool that is old or large."""
        spool, now = self._spool, time.monotonic()
        if spool is None:
            return
        if now - self._synced_at >= SYNC_S:
            spool.sync()
            self._synced_at = now
        if now - self._spool_since >= FILES_S or spool.rows >= FILE_ROWS:
            self._spool = None
            spool.close()
            self._make_files()

    def _make_files(self) -> None:
        """Files of all spools that nobody writes; then delete what is too much."""
        for path in abandoned_spools(self._folder):
            self._make_files_of(path)
        kept, deleted = delete_surplus(self._folder, self._days, self._limit, time.time())
        self.size = sum(day.size for day in kept)
        self.deleted_days += len(deleted)
        self._full_day = kept[-1].day if self.size > self._limit else ""
        if self._full_day:
            self.problem = (
                f"The recording of {self._full_day} has reached RECORD_MAX_MB; the rest of it is not recorded."
            )
            log.error("recording is full", day=self._full_day, mb=round(self.size / 1e6, 1))

    def _make_files_of(self, spool: Path) -> None:
        try:
            self.files += write_files(read_spool(spool), self._folder, number_of(spool))
        except (ValueError, IndexError, KeyError) as error:  # a fault of ours: it must not stop the recordings after it
            log.exception("a spool cannot be turned into files; it is put aside", spool=str(spool), error=str(error))
            spool.rename(spool.with_suffix(".unreadable"))
        else:
            spool.unlink()

    def _guarded(self, act: Callable[[], Any]) -> bool:
        """Whether it could be done. If not, recording rests for a minute: whatever is written is whole all the same."""
        try:
            act()
        except Exception as error:  # nothing else would notice that the thread has ended
            self._rest(error)
            return False
        if self.problem and not self._full_day:
            log.info("recording again", dropped=self.dropped)
            self.problem = ""
        return True

    def _rest(self, error: Exception) -> None:
        begins = not self.problem
        self.problem = f"Recording stopped: {error}. Trying again every minute."
        self._stopped_until = time.monotonic() + self._try_again_s
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()
        if begins:
            with suppress(OSError):  # the log may be on the same full disk
                log.error("recording stopped", error=f"{type(error).__name__}: {error}")
