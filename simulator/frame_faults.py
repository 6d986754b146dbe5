"""Frames as a faulty network or server delivers them: twice, in the wrong order, beside broken ones, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulator.fault import Faults
from simulator.wire import Codec

BROKEN: dict[Codec, bytes] = {"json": b'[{"T":"t","S":"AAPL","p":', "msgpack": b"\x92\x83\xa1T\xa1t\xa1S"}
"""Frames that end in the middle of a message."""


class FrameFaults:
    """Of one connection; without an armed fault a frame passes as it is."""

    def __init__(self, faults: Faults, feed: str, codec: Codec, clock: Callable[[], float] = time.monotonic) -> None:
        self._faults, self._feed, self._codec = faults, feed, codec
        self._late: list[bytes] = []
        self._clock = clock
        self._free_at = 0.0

    def breaks(self) -> bool:
        """Whether the connection breaks instead of sending the next frame."""
        return bool(self._faults.armed) and self._is("data_drop")

    def hold_s(self) -> float:
        """How long the next frame is to be held back: by its own delay, or by that of one before it."""
        if self._faults.armed and (delay := self._faults.use("data_delay", self._feed)):
            self._free_at = max(self._free_at, self._clock() + delay.seconds)
        return max(0.0, self._free_at - self._clock()) if self._free_at else 0.0

    def pass_on(self, frame: bytes) -> list[bytes]:
        """The frames to send in place of one; one that is held back follows the next."""
        if not self._faults.armed and not self._late:
            return [frame]
        if self._is("data_mute") or self._is("data_lose"):
            return []
        if not self._late and self._is("data_reorder"):
            self._late = [frame]
            return []
        late, self._late = self._late, []
        before = [BROKEN[self._codec]] if self._is("data_garbage") else []
        return [*before, *([frame] * self._times()), *late]

    def _times(self) -> int:
        flood = self._faults.use("data_flood", self._feed)
        return (2 if self._is("data_duplicate") else 1) + (flood.limit if flood else 0)

    def _is(self, name: str) -> bool:
        return self._faults.use(name, self._feed) is not None
