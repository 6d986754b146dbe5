"""Elapsed real time, so that a suspended computer counts."""

from __future__ import annotations

import time


class ElapsedTime:
    """Real seconds since an instant: the larger of what the monotonic and the wall clock say, so that a sleep counts."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin to count now."""
        self._monotonic, self._wall = time.monotonic(), time.time()

    @property
    def seconds(self) -> float:
        """Seconds since `restart`."""
        return max(time.monotonic() - self._monotonic, time.time() - self._wall)
