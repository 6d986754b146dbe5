"""The quarantine: what was left out of the data, as it came, in a file that a person can read. Bounded in size and rate."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Final

import msgspec
import structlog

from broker.quarantined import Quarantined
from domain.feed import Feed

FILE_BYTES: Final = 512 * 1024
"""Two files of this size are kept: the current one and the one before."""

LINES_A_MINUTE: Final = 200
RAW_BYTES: Final = 4096
"""Of a longer message the beginning is kept."""

log = structlog.get_logger()


class Quarantine:
    """Writes lines {ts, feed, cause, length, raw (base64)} to `quarantine.jsonl`; what is over the bounds is only counted."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "quarantine.jsonl"
        self._minute, self._lines = 0, 0

    def take(self, feed: Feed, left_out: Quarantined) -> None:
        """Keep what was left out of a batch. Never raises: a full disk costs the line, not the feed."""
        if not left_out.counts:
            return
        log.warning(
            "messages left out", feed=feed.value, **{cause.replace(" ", "_"): n for cause, n in left_out.counts.items()}
        )
        lines = [_line(feed, cause, raw) for cause, raw in left_out.raw[: self._allowed()]]
        self._lines += len(lines)
        try:
            self._write(b"".join(lines))
        except OSError as error:
            log.error("quarantine cannot be written", error=str(error))

    def _allowed(self) -> int:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._lines = minute, 0
        return max(LINES_A_MINUTE - self._lines, 0)

    def _write(self, lines: bytes) -> None:
        if self._path.exists() and self._path.stat().st_size + len(lines) > FILE_BYTES:
            self._path.replace(self._path.with_suffix(".jsonl.1"))
        with self._path.open("ab") as file:
            file.write(lines)


def _line(feed: Feed, cause: str, raw: bytes) -> bytes:
    row = {"ts": time.time_ns(), "feed": feed.value, "cause": cause, "length": len(raw)}
    return msgspec.json.encode(row | {"raw": base64.b64encode(raw[:RAW_BYTES]).decode()}) + b"\n"
