"""The recorded days: what there is, how much of it, and which are deleted first when it becomes too much or too old."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

log = structlog.get_logger()
"""A logger, not state: structlog binds it at the first line."""


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """One New York day of the market. `written_at` is the real time (s) of its newest file: a tape's day may be long ago."""

    folder: Path
    symbols: int
    files: int
    size: int
    written_at: float

    @property
    def day(self) -> str:
        """As the folder is named: 2026-11-20."""
        return self.folder.name


def recorded_days(folder: Path) -> list[RecordedDay]:
    """The days in a folder of recordings, the one that was written to last at the end."""
    days = [_day(path) for path in folder.glob("*-*-*") if path.is_dir() and _is_date(path.name)]
    return sorted((day for day in days if day.files), key=lambda day: (day.written_at, day.day))


def delete_surplus(folder: Path, days: int, limit: int, now: float) -> tuple[list[RecordedDay], list[RecordedDay]]:
    """Delete what was written more than `days` days before `now` (s), then the oldest while all is more than `limit` bytes.

    The newest day stays, whatever its size. Gives what is left and what was deleted; OSError if that cannot be.
    """
    kept, deleted = recorded_days(folder), []
    while len(kept) > 1 and (kept[0].written_at < now - days * 86_400 or sum(day.size for day in kept) > limit):
        oldest = kept.pop(0)
        shutil.rmtree(oldest.folder)
        log.info("recording deleted", day=oldest.day, files=oldest.files, mb=round(oldest.size / 1e6, 1))
        deleted.append(oldest)
    return kept, deleted


def _day(folder: Path) -> RecordedDay:
    files = [path for path in folder.glob("*/*.parquet")]
    stats = [path.stat() for path in files]
    return RecordedDay(
        folder,
        len({path.parent for path in files}),
        len(files),
        sum(stat.st_size for stat in stats),
        max((stat.st_mtime for stat in stats), default=0.0),
    )


def _is_date(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
