"""Waiting for a fact, not for a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(fact: Callable[[], T], within_s: float, what: str) -> T:
    """What `fact` returns once it is true. AssertionError naming `what` where that takes longer than `within_s`."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        value = fact()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s} s: {what}")
