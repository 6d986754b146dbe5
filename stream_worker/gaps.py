"""The gaps: when the stream was away, whether history filled that time, and whether what filled it was right."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from domain.interval import bar_start
from domain.session import to_datetime

GAPS_KEPT: Final = 20


@dataclass(slots=True)
class Gap:
    """From the last that is known to the first that is known again, in nanoseconds UTC of market time; `until` 0 while open."""

    since: int
    symbols: int
    until: int = 0
    verified: bool | None = None

    def told(self) -> dict[str, Any]:
        """The gap as the status tells it."""
        return {
            "from": to_datetime(self.since).isoformat(),
            "to": to_datetime(self.until).isoformat() if self.until else None,
            "filled": bool(self.until),
            "verified": self.verified,
            "symbols": self.symbols,
        }


class Gaps:
    """The last gaps of one stream, oldest first. At most the newest is open."""

    def __init__(self) -> None:
        self._gaps: deque[Gap] = deque(maxlen=GAPS_KEPT)

    def open(self, since: int, symbols: int) -> None:
        """The stream went away; what follows `since` is not known. An open gap stays the one gap."""
        if not self.is_open:
            self._gaps.append(Gap(since, symbols))

    def fill(self, until: int, verified: bool | None) -> None:
        """History was read up to `until`."""
        if self.is_open:
            self._gaps[-1].until, self._gaps[-1].verified = until, verified

    def found(self, since: int, until: int) -> None:
        """Trades were missing in a stretch that nobody knew of; history has filled it."""
        known = [gap for gap in self._gaps if (gap.since, gap.until) == (since, until)]
        if known:
            known[-1].symbols += 1
            return
        if len(self._gaps) == GAPS_KEPT:
            self._gaps.popleft()
        self._gaps.insert(len(self._gaps) - self.is_open, Gap(since, 1, until, True))

    def compared(self, minute: int, same: bool) -> None:
        """A bar of Alpaca for the minute that begins at `minute` came later: it verifies gaps that nothing verified yet."""
        for gap in self._gaps:
            inside = bar_start(gap.since, "1Min") <= minute <= bar_start(gap.until, "1Min")
            if gap.until and gap.verified is not False and inside:
                gap.verified = same

    def forget_open(self) -> None:
        """Another run of the market began: what was missed of the old one is nobody's any more."""
        if self.is_open:
            self._gaps.pop()

    def told(self) -> list[dict[str, Any]]:
        """All of them as the status tells them."""
        return [gap.told() for gap in self._gaps]

    @property
    def is_open(self) -> bool:
        """Whether something is missing still."""
        return bool(self._gaps) and not self._gaps[-1].until
