"""The frame buffer: collects frames until it is worth decoding them together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

FULL_BYTES: Final = 1_100_000

Take = Callable[[list[bytes], int], None]


class FrameBuffer:
    """Hands frames to `take(frames, ts_recv)`: at once after a quiet spell, else after `flush_s`, or when it is full.

    `ts_recv` is the wall time (ns) at which the oldest of them came. While held, frames are only kept.
    """

    def __init__(self, flush_s: float, take: Take) -> None:
        self._flush_s, self._take = flush_s, take
        self._frames: list[bytes] = []
        self._bytes = 0
        self._ts_recv = 0
        self._flushed_at = -1e9
        self._timer: asyncio.TimerHandle | None = None
        self.held = False

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: bytes) -> None:
        """Take a frame in."""
        if not self._frames:
            self._ts_recv = time.time_ns()
        self._frames.append(frame)
        self._bytes += len(frame)
        if self.held:
            return
        if self._bytes >= FULL_BYTES:
            self.flush()
        elif self._timer is None:
            self._arm()

    def flush(self) -> None:
        """Hand over what is there now."""
        self._disarm()
        frames, self._frames, self._bytes = self._frames, [], 0
        self._flushed_at = time.monotonic()
        if frames:
            self._take(frames, self._ts_recv)

    def clear(self) -> None:
        """Forget what is there: it belongs to a connection that is gone."""
        self._disarm()
        self._frames, self._bytes = [], 0

    def _arm(self) -> None:
        wait_s = max(self._flushed_at + self._flush_s - time.monotonic(), 0.0)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self.flush)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
