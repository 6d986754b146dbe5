"""The recorder: writes every tick of the session to disk, beside the feed and never in its way.

`take` only notes what came. A thread of its own appends it to a spool four times a second and turns the spool into Parquet files
every five minutes. A process that is killed loses what came since the last append, a quarter of a second.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from typing import Any, Final

import structlog

from domain.bar import Bars
from domain.tick import Records
from stream_worker.recording_writer import Batch, RecordingWriter

APPEND_S: Final = 0.25
CLOSE_WITHIN_S: Final = 1.0
QUEUE_ROWS: Final = 1_000_000
"""Rows that may wait for the thread, 64 MB; what comes then is dropped and counted."""

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""


class Recorder:
    """Records into `folder` until closed, keeping at most `days` days and about `max_mb` MB (10^6 bytes), the newest day whole.

    When the disk does not take it, recording stops, `status` says so, and it is tried again every minute.
    """

    def __init__(self, folder: Path, days: int, max_mb: float, queue_rows: int = QUEUE_ROWS) -> None:
        self._queue: deque[Batch] = deque()
        self._queue_rows, self._waiting = queue_rows, 0
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._writer = RecordingWriter(folder, days, int(max_mb * 1e6))
        self._behind = 0
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def take(self, ticks: Records, symbols: tuple[str, ...]) -> None:
        """Record ticks; never waits. The array must not be changed afterwards; its `symbol` counts in `symbols`."""
        if len(ticks):
            self._put(Batch(ticks, None, symbols))

    def take_minutes(self, places: list[int], bars: Bars, symbols: tuple[str, ...]) -> None:
        """Record Alpaca's own minute bars, `places` being those of their symbols in `symbols`; as `take`."""
        if len(bars):
            self._put(Batch(bars, places, symbols))

    def status(self) -> dict[str, Any]:
        """What the health page shows: rows and files written by this process, MB of all recordings, rows lost, and why."""
        writer = self._writer
        return {
            "on": not writer.problem,
            "rows": writer.rows,
            "files": writer.files,
            "mb": round(writer.size / 1e6, 1),
            "dropped": self._behind + writer.dropped,
            "deleted_days": writer.deleted_days,
            "problem": writer.problem or ("The disk is too slow: rows were dropped." if self._behind else ""),
        }

    def close(self) -> None:
        """Write what has been taken and stop; back within a second, then the spool keeps what is not yet in files."""
        self._stop.set()
        self._thread.join(CLOSE_WITHIN_S)

    def _put(self, batch: Batch) -> None:
        with self._lock:
            full = self._waiting + len(batch.rows) > self._queue_rows
            if not full:
                self._queue.append(batch)
                self._waiting += len(batch.rows)
        if full:
            if not self._behind:
                log.error("the recorder cannot follow; rows are dropped", rows=len(batch.rows))
            self._behind += len(batch.rows)

    def _run(self) -> None:
        self._writer.begin()
        while not self._stop.wait(APPEND_S):
            self._writer.write(self._take_all())
        self._writer.write(self._take_all())
        self._writer.end()

    def _take_all(self) -> list[Batch]:
        with self._lock:
            batches, self._queue, self._waiting = self._queue, deque(), 0
        return list(batches)
