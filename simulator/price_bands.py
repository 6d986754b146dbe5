"""Price bands: limit up, limit down, of one share in the generated market, and the pause that follows a limit state.

Source: the Limit Up-Limit Down plan of the exchanges for shares of its first tier: the bands lie 5 % around the mean of the
last five minutes' trades (20 % below 3 USD, the smaller of 75 % and 0.15 USD below 0.75 USD), twice as far in the last 25
minutes; they move when the mean has moved by 1 %, and at most each 30 s. Nobody trades beyond them. When one side of the
book stands at the far band for 15 s, trading pauses for five minutes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from domain.session import NS_PER_SECOND
from simulator.agenda import Agenda
from simulator.notice import PriceBand, TradingStatus
from simulator.order import TICKS_PER_DOLLAR
from simulator.pit import Pit
from simulator.tide import Tide

REFERENCE_NS = 300 * NS_PER_SECOND
UPDATE_NS = 30 * NS_PER_SECOND
LIMIT_STATE_NS = 15 * NS_PER_SECOND
PAUSE_NS = 300 * NS_PER_SECOND
LATE_NS = 25 * 60 * NS_PER_SECOND
LOOK_NS = NS_PER_SECOND
MOVES = 0.01
PAUSED = {"C": ("P", "Volatility Trading Pause", "LUDP", "Volatility Trading Pause")}
PAUSED_ELSEWHERE = ("F", "Limit Up-Limit Down", "M", "Volatility Trading Pause")
RESUMED = {"C": ("T", "Trading Resumption", "C11", "Trade Halt Concluded")}
RESUMED_ELSEWHERE = ("3", "Resume", " ", "")


def reach(price: float, late: bool) -> float:
    """How far the bands lie from a reference price, in USD."""
    away = 0.05 * price if price >= 3 else 0.2 * price if price >= 0.75 else min(0.75 * price, 0.15)
    return away * 2 if late else away


class PriceBands:
    """Looks at its pit once a second of market time, while the crowd trades."""

    def __init__(self, pit: Pit, tide: Tide, reopen: Callable[[int], None]) -> None:
        """`tide` knows how long the session goes on, if it ends; `reopen` is called when a pause is over."""
        self._pit, self._tide, self._reopen = pit, tide, reopen
        self._agenda = Agenda()
        self._prices: deque[tuple[int, int]] = deque()
        self._reference = 0.0
        self._updated_at = self._limit_since = 0
        self.paused = False

    def begin(self, ts_event: int) -> None:
        """At an opening: nothing is known of before."""
        self._prices.clear()
        self._reference, self._limit_since = 0.0, 0
        self._pit.band = None
        if self.paused:
            self._end_pause(ts_event)

    def watch(self, ts_event: int, agenda: Agenda) -> None:
        """From now on, as long as the agenda is not cleared."""
        self._agenda = agenda
        agenda.at(ts_event + LOOK_NS, self._look)

    def _look(self, ts_event: int) -> None:
        last = self._pit.last_price
        if last is not None:
            self._prices.append((ts_event, last))
        while self._prices and self._prices[0][0] < ts_event - REFERENCE_NS:
            self._prices.popleft()
        self._move(ts_event)
        if self._is_limit(ts_event):
            self._pause(ts_event)
        else:
            self._agenda.at(ts_event + LOOK_NS, self._look)

    def _move(self, ts_event: int) -> None:
        """New bands, if it is time and the mean has gone far enough."""
        if not self._prices or (ts_event - self._updated_at < UPDATE_NS and self._reference):
            return
        mean = sum(price for _, price in self._prices) / len(self._prices) / TICKS_PER_DOLLAR
        if self._reference and abs(mean / self._reference - 1) < MOVES:
            return
        self._reference, self._updated_at = mean, ts_event
        away = reach(mean, self._is_late(ts_event))
        up, down = round(mean + away, 2), max(0.01, round(mean - away, 2))
        self._pit.set_band(round(down * TICKS_PER_DOLLAR), round(up * TICKS_PER_DOLLAR))
        listing = self._pit.listing
        self._pit.say(PriceBand(listing.symbol, ts_event, up, down, "B", listing.tape))

    def _is_late(self, ts_event: int) -> bool:
        left_ns = self._tide.left_ns(ts_event)
        return left_ns is not None and left_ns <= LATE_NS

    def _is_limit(self, ts_event: int) -> bool:
        """Whether one side has stood at the far band for too long."""
        bid, _, ask, _ = self._pit.book.touch()
        down, up = self._pit.band or (0, bid + 1)
        if not (bid and bid >= up) and not (ask and ask <= down):
            self._limit_since = 0
            return False
        self._limit_since = self._limit_since or ts_event
        return ts_event - self._limit_since >= LIMIT_STATE_NS

    def _pause(self, ts_event: int) -> None:
        self.paused = self._pit.halted = True
        self._say(ts_event, PAUSED.get(self._pit.listing.tape, PAUSED_ELSEWHERE))
        self._agenda.clear()
        self._agenda.at(ts_event + PAUSE_NS, self._reopen)

    def _end_pause(self, ts_event: int) -> None:
        self.paused = self._pit.halted = False
        self._say(ts_event, RESUMED.get(self._pit.listing.tape, RESUMED_ELSEWHERE))

    def _say(self, ts_event: int, words: tuple[str, str, str, str]) -> None:
        listing = self._pit.listing
        self._pit.say(TradingStatus(listing.symbol, ts_event, *words, listing.tape))
