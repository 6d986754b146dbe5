"""Damaged files, put out of the way where a person may look at them: NAME.bad-1, NAME.bad-2, ... of which two are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import structlog

KEPT: Final = 2

log = structlog.get_logger()


def set_aside(path: Path) -> None:
    """Rename a database and its write-ahead log; one that is not there is passed over. OSError if that cannot be done."""
    number = max((found for found, _ in _numbered(path)), default=0) + 1
    Path(f"{path}-shm").unlink(missing_ok=True)
    for ending in ("", "-wal"):
        if Path(f"{path}{ending}").exists():
            Path(f"{path}{ending}").rename(f"{path}.bad-{number}{ending}")
    log.error("a damaged file was set aside", file=f"{path.name}.bad-{number}")
    for found, file in _numbered(path):
        if found <= number - KEPT:
            file.unlink()


def _numbered(path: Path) -> list[tuple[int, Path]]:
    pattern = re.compile(re.escape(path.name) + r"\.bad-(\d+)(-wal)?$")
    matches = [(pattern.match(file.name), file) for file in path.parent.iterdir()]
    return [(int(match[1]), file) for match, file in matches if match]
