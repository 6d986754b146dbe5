"""The record of one symbol: what has been published, as the REST side serves it."""

from __future__ import annotations

from bisect import bisect_left

from simulator.bar import NS_PER_MINUTE, Bar, bar_of
from simulator.columns import BarColumns
from simulator.quote import Quote
from simulator.trade import Trade

TRADES_KEPT_NS = 90 * NS_PER_MINUTE
MINUTES_KEPT = 20_000
_FOLD_AFTER = 256


class Record:
    """Trades of at least the last 60 minutes (all of them when `keep_all`), the last quote, and finished minutes."""

    def __init__(self, earlier_minutes: BarColumns, earlier_days: BarColumns, *, keep_all: bool) -> None:
        self.trades: list[Trade] = []
        self.quote: Quote | None = None
        self.earlier_days = earlier_days
        self._folded = earlier_minutes
        self._keep_all = keep_all
        self._finished: list[Bar] = []
        self._forming: list[Trade] = []

    def add(self, event: Trade | Quote) -> None:
        """One more event, in order."""
        if isinstance(event, Quote):
            self.quote = event
        else:
            self.trades.append(event)
            self._forming.append(event)

    def close_minute(self) -> Bar | None:
        """Ends the forming minute; None when nothing traded in it."""
        if not self._forming:
            return None
        bar = bar_of(self._forming)
        self._forming = []
        self._finished.append(bar)
        if not self._keep_all:
            self._forget(bar.start)
        return bar

    def minutes(self) -> BarColumns:
        """Every finished minute with a trade, oldest first."""
        if len(self._finished) > _FOLD_AFTER:
            self._folded = self._folded.joined(BarColumns.of(self._finished))[-MINUTES_KEPT:]
            self._finished = []
        return self._folded.joined(BarColumns.of(self._finished))

    def _forget(self, now: int) -> None:
        stale = bisect_left(self.trades, now - TRADES_KEPT_NS, key=lambda trade: trade.ts_event)
        # Rarely and much at once, so that it costs nothing a trade.
        if stale * 4 > len(self.trades):
            del self.trades[:stale]
