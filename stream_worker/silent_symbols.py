"""Silent symbols: which of them deserve a look, because nothing came from them for long while the others go on."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from stream_worker.market import Market

ASK_AT_MOST_EVERY_S: Final = 20.0


class SilentSymbols:
    """Asks seldom: silence of one symbol is mostly that nobody trades it."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._asked_at = time.monotonic()

    def candidates(self, symbols: Iterable[str], market: Market, halted: Iterable[str]) -> dict[str, int] | None:
        """Symbols without any event for the limit, with the time (ns) of their last one; None if it is not time to look."""
        if time.monotonic() - self._asked_at < max(self._after_s / 2, min(self._after_s, ASK_AT_MOST_EVERY_S)):
            return None
        self._asked_at = time.monotonic()
        latest, stopped = market.latest, frozenset(halted)
        now = time.time_ns()
        names = [symbol for symbol in symbols if symbol not in stopped]
        quiet = [name for name in names if now - int(latest["ts_recv"][market.index[name]]) > self._after_s * 1e9]
        if len(quiet) == len(names):  # all of them: that is the feed's silence, which is judged elsewhere
            return None
        return {name: _last_event(market, name) for name in quiet}


def _last_event(market: Market, symbol: str) -> int:
    row = market.latest[market.index[symbol]]
    return max(int(row["trade_ts_event"]), int(row["quote_ts_event"]))
