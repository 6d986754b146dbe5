"""Market time: where the market's own clock stands, which need not be where the wall clock stands."""

from __future__ import annotations

from collections.abc import Callable


class MarketTime:
    """Runs `rate` market seconds for each second of `source`, a clock in nanoseconds; rate 0 stands still, and so does a pause.

    `end` is an instant that it never passes.
    """

    def __init__(self, source: Callable[[], int], *, anchor: int, rate: float, end: int | None = None) -> None:
        self._source = source
        self._anchor = anchor
        self._source_anchor = source()
        self._rate = rate
        self._end = end
        self._at_first = anchor, self._source_anchor, rate
        self.is_paused = False

    @property
    def rate(self) -> float:
        """Market seconds for each second of the source."""
        return self._rate

    def now(self) -> int:
        """Nanoseconds UTC of the market."""
        elapsed = 0 if self.is_paused else self._source() - self._source_anchor
        # A float holds 2**53 ns, so the usual rate must not go through one.
        gone = elapsed if self._rate == 1 else int(elapsed * self._rate)
        moment = self._anchor + gone
        return moment if self._end is None else min(moment, self._end)

    def set_rate(self, rate: float) -> None:
        """Goes on from where it stands at another rate."""
        self.jump(self.now())
        self._rate = rate

    def pause(self) -> None:
        """Stands still until `resume`, whatever rate is set meanwhile."""
        self.jump(self.now())
        self.is_paused = True

    def resume(self) -> None:
        """Goes on from where it stands; nothing happens if it runs."""
        self.jump(self.now())
        self.is_paused = False

    def start_over(self) -> None:
        """Where it would stand if nobody had ever touched it."""
        self._anchor, self._source_anchor, self._rate = self._at_first
        self.is_paused = False

    def jump(self, moment: int) -> None:
        """Goes on from another instant at the same rate."""
        self._source_anchor = self._source()
        self._anchor = moment
