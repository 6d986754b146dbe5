"""The frame buffer: collects frames until it is worth decoding them together, longer when the worker cannot follow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

FULL_BYTES: Final = 1_100_000
LONGEST_FLUSH_S: Final = 0.25
BUSY: Final = 0.5
"""The share of the time between two flushes that taking frames may need; above it the time becomes longer, below it shorter."""

THRIFTY: Final = 0.06
"""A share above which flushes come less often at once, for a part of their cost comes with each: the interval is as many times
`flush_s` as the share is times this, up to EASED."""

EASED: Final = 1.6

MOST_OF_ONE: Final = 0.25
"""As no more than this share a flush counts there: one that another program held up must not make the next ones wait."""

STEP: Final = 0.25
"""How strongly: at a share of 1 by an eighth with each flush."""

NEWEST: Final = 0.1
"""Weight of the newest flush in the mean."""

SHORTEST_S: Final = 1e-3

MUCH_BYTES: Final = 64 * 1024
"""When so much was read at once there is no rest: the socket holds little more, and the server would have to wait."""

LONGEST_REST_S: Final = 8e-3
"""For the same reason."""

READ_FIRST_S: Final = 1e-3
"""Who reads many frames at one go reads once more when a flush is due, and hands over what came till then with the rest: the
flush waits so much longer for that. Without it, what came while the socket rested would be an interval older."""

HELD_BYTES: Final = 64 * 2**20
"""More is not taken in while frames are held: the reader of the socket waits, and then the server does."""

Take = Callable[[list[bytes], int], None]


class FrameBuffer:
    """Hands frames to `take(frames, ts_recv)`: at once after a quiet spell, else `interval_s` after it began to do so last, or
    when it is full.

    `ts_recv` is the wall time (ns) at which the oldest of them came. `interval_s` is `flush_s`, up to EASED times that while
    there is much to take, and longer while taking frames needs most of it: larger batches cost less a message. While held,
    frames are only kept.
    """

    def __init__(self, flush_s: float, take: Take) -> None:
        self._flush_s, self._take = flush_s, take
        self.interval_s = flush_s
        self._busy = self._usual = 0.0
        self._frames: list[bytes] = []
        self.bytes = 0
        self._ts_recv = 0
        self._began_at = -1e9
        self._read_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self.held = False

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def overfull(self) -> bool:
        """Whether no more should be taken in for now."""
        return self.bytes >= HELD_BYTES

    @property
    def rest_s(self) -> float:
        """For how long nothing need be read: what comes until the next flush is read at one go then, for a tenth of the work."""
        if self.held or self._read_bytes >= MUCH_BYTES:
            return 0.0
        return min(self._due_in_s(), LONGEST_REST_S)

    def add(self, frame: bytes) -> None:
        """Take a frame in."""
        self._keep([frame])
        if self.held:
            return
        if self.bytes >= FULL_BYTES:
            self.flush()
        elif self._timer is None:
            self._arm()

    def add_all(self, frames: list[bytes]) -> None:
        """Take in frames that were read at one go; those that are due are handed over here and now."""
        self._keep(frames)
        if self.held:
            return
        if self.bytes >= FULL_BYTES or self._due_in_s() <= 0:
            self.flush()
        elif self._timer is None:
            self._arm(READ_FIRST_S)

    def flush(self) -> None:
        """Hand over what is there now."""
        self._disarm()
        frames, self._frames, self.bytes = self._frames, [], 0
        self._began_at = time.monotonic()
        if frames:
            self._take(frames, self._ts_recv)
        self._pace(time.monotonic() - self._began_at)

    def clear(self) -> None:
        """Forget what is there: it belongs to a connection that is gone."""
        self._disarm()
        self._frames, self.bytes = [], 0

    def _keep(self, frames: list[bytes]) -> None:
        if not self._frames:
            self._ts_recv = time.time_ns()
        self._frames += frames
        self._read_bytes = sum(map(len, frames))
        self.bytes += self._read_bytes

    def _due_in_s(self) -> float:
        return max(self._began_at + self.interval_s - time.monotonic(), 0.0)

    def _pace(self, spent_s: float) -> None:
        """Towards the shortest interval at which taking frames is not too much: part of its cost comes with each flush.

        A mean of the last flushes decides: one that another program held up says nothing.
        """
        share = spent_s / max(self.interval_s, SHORTEST_S)
        self._busy += (min(share, 1.0) - self._busy) * NEWEST
        self._usual += (min(share, MOST_OF_ONE) - self._usual) * NEWEST
        wanted_s = self.interval_s * (1 + (self._busy - BUSY) * STEP)
        eased_s = self._flush_s * min(self._usual / THRIFTY, EASED)
        self.interval_s = max(self._flush_s, min(max(eased_s, wanted_s), LONGEST_FLUSH_S))

    def _arm(self, later_s: float = 0.0) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._due_in_s() + later_s, self.flush)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
