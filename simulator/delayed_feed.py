"""The delayed feed: trades, quotes and bars of shares as they were a quarter of an hour ago.

Read from what is recorded, and only while somebody listens; notices (halts, bands, corrections) are not told late.
"""

from __future__ import annotations

from bisect import bisect_left

from msgspec.structs import astuple

from domain.session import midnight, trading_day
from simulator.bar import NS_PER_MINUTE, DailyBar, minute_of
from simulator.hub import Hub
from simulator.market import Market
from simulator.message import Message
from simulator.quote import Quote
from simulator.timeframe import Timeframe
from simulator.trade import Trade

DELAY_NS = 15 * NS_PER_MINUTE
DAY = Timeframe(1, "Day")


def _moment(event: Trade | Quote) -> int:
    return event.ts_event


class DelayedFeed:
    """Begins with its first listener: nobody is told what came before."""

    def __init__(self, market: Market, hub: Hub) -> None:
        self._market, self._hub = market, hub
        self._told_until = 0

    def turn(self, now: int) -> None:
        """What is due at an instant of market time."""
        until = now - DELAY_NS
        # After a leap of the clock it goes on from there.
        since = self._told_until if 0 <= until - self._told_until < NS_PER_MINUTE else until
        if self._hub.listeners():
            self._hub.publish(self.between(since, until))
        self._told_until = until

    def between(self, since: int, until: int) -> list[Message]:
        """Everything from `since` to before `until`, in order; a minute's bars follow all of its trades."""
        found: list[Message] = []
        boundary = minute_of(since) + NS_PER_MINUTE
        if boundary > until:
            return [*self._events(since, until)]
        found += self._events(since, boundary)
        found += self._bars(boundary - NS_PER_MINUTE)
        return found + self.between(boundary, until)

    def _events(self, since: int, until: int) -> list[Trade | Quote]:
        found: list[Trade | Quote] = []
        for record in self._market.records.values():
            for events in (record.trades, record.quotes):
                first, end = (bisect_left(events, moment, key=_moment) for moment in (since, until))
                found += events[first:end]
        return sorted(found, key=_moment)

    def _bars(self, start: int) -> list[Message]:
        """The bars of a minute, then the days as they stood after it."""
        day_start = midnight(trading_day(start))
        days = [(symbol, record.minutes().between(day_start, start)) for symbol, record in self._market.records.items()]
        traded = [(symbol, minutes) for symbol, minutes in days if len(minutes) and minutes.start[-1] == start]
        bars = [minutes.bar(symbol, -1) for symbol, minutes in traded]
        return [*bars, *(DailyBar(*astuple(DAY.bars(minutes).bar(symbol, -1))) for symbol, minutes in traded)]
