"""The market's clock as one process knows it. It is not the wall clock: a tape has its own dates, a class its own speed."""

from __future__ import annotations

from typing import Final

PLAUSIBLE_JUMP_S: Final = 120.0
"""An event further ahead of the clock than this many real seconds' worth of market time does not move the clock."""


class MarketClock:
    """Estimates market time (ns UTC) and rate (market seconds a real second) from looks at the server's clock and from events.

    All real times are seconds of one monotonic clock, handed in by the caller.
    """

    def __init__(self) -> None:
        self.rate = 1.0
        self.known = False
        self._market = 0
        self._real_s = 0.0
        self._look: tuple[float, int] | None = None
        self._faster: float | None = None

    def look(self, server_time: int, real_s: float) -> bool:
        """Take the server's clock, read at `real_s`. True if its time went back: then another run of the market began."""
        jumped_back = self.known and self._look is not None and server_time < self._look[1]
        if self._look is not None and not jumped_back and real_s - self._look[0] >= 0.2:
            measured = (server_time - self._look[1]) / 1e9 / (real_s - self._look[0])
            self._learn(1.0 if abs(measured - 1.0) < 0.05 else measured)
        if self._look is None or jumped_back or real_s - self._look[0] >= 0.2:
            self._look = real_s, server_time
        self._market, self._real_s, self.known = server_time, real_s, True
        return jumped_back

    def _learn(self, measured: float) -> None:
        """A slower market is believed at once, a faster one when two looks in a row say so: the first may be a jump."""
        if measured <= self.rate or self._faster is not None:
            self.rate, self._faster = measured, None
        else:
            self._faster = measured

    def event(self, ts_event: int, real_s: float) -> None:
        """Take the time of an event: the market cannot be behind what it has sent."""
        ahead_s = (ts_event - self.now(real_s)) / 1e9
        if self.known and 0 < ahead_s <= PLAUSIBLE_JUMP_S * max(self.rate, 1.0):
            self._market, self._real_s = ts_event, real_s

    def now(self, real_s: float) -> int:
        """Market time in nanoseconds UTC; 0 while the clock is not known."""
        return self._market + int((real_s - self._real_s) * self.rate * 1e9) if self.known else 0
