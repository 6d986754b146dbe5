"""The file of the day: all processes of a desk append their lines to one file a day (UTC), without knowing of each other.

A line is one write to a file that is opened for appending, so lines never mix. Nothing is ever renamed: a new day, or a file
that is full, means that each process opens the next name by itself.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

KEPT_DAYS: Final = 30
FILE_BYTES: Final = 50 * 10**6
FOLDER_BYTES: Final = 500 * 10**6
"""A flood of lines costs old lines, never the disk."""

NAME: Final = re.compile(r"tickdesk-(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.jsonl")


class LogFile(NamedTuple):
    """One file of a day; the later parts of it have higher numbers."""

    day: str
    part: int

    @property
    def name(self) -> str:
        """tickdesk-2026-11-20.jsonl, tickdesk-2026-11-20.1.jsonl, ..."""
        return f"tickdesk-{self.day}{f'.{self.part}' if self.part else ''}.jsonl"


class DayFile(logging.Handler):
    """Appends formatted lines. Never raises: a disk that is full is said once on standard error, and tried again at each line."""

    def __init__(
        self,
        folder: Path,
        file_bytes: int = FILE_BYTES,
        folder_bytes: int = FOLDER_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._folder, self._file_bytes, self._folder_bytes, self._now = folder, file_bytes, folder_bytes, now
        self._file: LogFile | None = None
        self._descriptor = -1
        self._complained = self._torn = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            line = (self.format(record) + "\n").encode(errors="backslashreplace")
            self._make_room(len(line))
            self._write(line)
            self._complained = False
        except OSError as error:
            self._complain(error)
        except Exception:  # a value that cannot be formatted must not end the one who logs it
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        self._let_go()
        super().close()

    def _write(self, line: bytes) -> None:
        whole = b"\n" + line if self._torn else line
        written = os.write(self._descriptor, whole)
        self._torn = written != len(whole)
        if self._torn:  # the disk became full in the middle of it: the next line must not continue this one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _make_room(self, size: int) -> None:
        """Have a file open that is today's, still there, and has room."""
        day = datetime.fromtimestamp(self._now(), UTC).date()
        if self._file is not None and self._file.day == day.isoformat():
            state = os.fstat(self._descriptor)
            if state.st_nlink and state.st_size + size <= self._file_bytes:
                return
        self._let_go()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = _files(self._folder)
        self._file = self._next(day, found, size)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self._folder / self._file.name, flags, 0o600)
        self._sweep(day, found)

    def _next(self, day: date, found: list[LogFile], size: int) -> LogFile:
        newest = max((each.part for each in found if each.day == day.isoformat()), default=0)
        file = LogFile(day.isoformat(), newest)
        try:
            full = os.stat(self._folder / file.name).st_size + size > self._file_bytes
        except FileNotFoundError:
            full = False
        return LogFile(file.day, newest + 1) if full else file

    def _sweep(self, day: date, found: list[LogFile]) -> None:
        """Delete what is too old, and the oldest of what is too much. Others may be doing the same."""
        first = (day - timedelta(days=KEPT_DAYS)).isoformat()
        room = self._folder_bytes - self._file_bytes
        for file in sorted(found, reverse=True):
            path = self._folder / file.name
            try:
                room -= path.stat().st_size if file != self._file else 0
                if file != self._file and (file.day < first or room < 0):
                    path.unlink()
            except FileNotFoundError:
                continue

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._file = -1, None

    def _complain(self, error: OSError) -> None:
        self._let_go()
        if not self._complained:
            self._complained = True
            print(f"tickdesk: the log cannot be written to {self._folder}: {error.strerror or error}", file=sys.stderr)


def _files(folder: Path) -> list[LogFile]:
    found = (NAME.fullmatch(name) for name in os.listdir(folder))
    return sorted(LogFile(each[1], int(each[2] or 0)) for each in found if each)
