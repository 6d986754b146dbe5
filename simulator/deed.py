"""A deed: what was done to a generated market from outside, and after how many of its own events it applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`event` events of the symbol's crowd came before it, and everything before `at` (nanoseconds UTC) had been played."""

    at: int
    do: str
    symbol: str = ""
    event: int = 0
    fields: dict[str, Any] = {}


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a log: all that decides a market besides the deeds."""

    seed: int
    hours: str
    symbols: tuple[str, ...]
    banded: bool = False


class DeedLogError(ValueError):
    """A log that cannot be replayed: says which file and line, and what is wrong."""


LineT = TypeVar("LineT", Deed, Origin)
Note = Callable[[Deed], None]


class DeedLog:
    """A file of deeds, one JSON object a line; what was noted is there after a kill -9. A new market begins a new file."""

    def __init__(self, path: Path, origin: Origin) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = path.open("wb", buffering=0)
        self._write(origin)

    def note(self, deed: Deed) -> None:
        """One more."""
        self._write(deed)

    def _write(self, found: Deed | Origin) -> None:
        self._file.write(msgspec.json.encode(found) + b"\n")

    def close(self) -> None:
        """No more."""
        self._file.close()


def read_deeds(path: Path) -> tuple[Origin, Iterator[Deed]]:
    """What is in a log; a last line that was cut off is left out. Raises DeedLogError, OSError."""
    lines = path.read_bytes().split(b"\n")
    origin = _read(path, 1, lines[0], Origin)
    return origin, (_read(path, number, line, Deed) for number, line in enumerate(lines[1:-1], start=2))


def _read(path: Path, number: int, line: bytes, kind: type[LineT]) -> LineT:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError as problem:
        raise DeedLogError(f"{path}, line {number}: {problem}") from problem
