"""Crash points: named places at which a test makes a process die as `kill -9` would, to see what the next one makes of it."""

from __future__ import annotations

import os
from typing import Final

KILLED: Final = 137
"""The exit code of a process that was killed with -9."""

_armed: dict[str, int] = {}
"""The point to die at, and how many times it is still passed, this one included. Empty in earnest."""


def arm(where: str) -> None:
    """Die at a point from now on: `after_post`, or `after_post:3` at the third time. Empty text: never."""
    name, _, times = where.partition(":")
    _armed.clear()
    if name:
        _armed[name] = int(times or 1)


def crash_point(name: str) -> None:
    """Die here if that was asked for: no cleaning up, no flush, nothing."""
    if name not in _armed:
        return
    _armed[name] -= 1
    if not _armed[name]:
        os._exit(KILLED)
