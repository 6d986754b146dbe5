"""The market: a source played against its clock, recorded minute by minute."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import astuple

from domain.session import midnight, trading_day
from simulator.bar import NS_PER_MINUTE, Bar, DailyBar, minute_of
from simulator.columns import BarColumns
from simulator.hours import session_at
from simulator.listing import Listing
from simulator.quote import Quote
from simulator.record import Record
from simulator.source import Source
from simulator.timeframe import Timeframe
from simulator.trade import Trade

Message = Trade | Quote | Bar | DailyBar


class Market:
    """What the two protocols serve. Minute bars are exactly the bars of the published trades."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.listings = {listing.symbol: listing for listing in source.listings}
        self.event_count = 0
        self._take_up()

    def _take_up(self) -> None:
        self.records = {symbol: self._record(listing) for symbol, listing in self.listings.items()}
        self._minute = minute_of(self.source.begins_at)

    def begin_again(self) -> None:
        """Start and recovery are one: what was published is forgotten, the source begins where the clock stands."""
        self.source.begin()
        self._take_up()
        for _ in self.play(self.now()):
            pass

    def has_lost_track(self) -> bool:
        """Whether the clock has gone where the market cannot follow."""
        return self.source.has_lost_track(self._minute, self.now())

    def _record(self, listing: Listing) -> Record:
        minutes, days = self.source.earlier_minutes(listing), self.source.earlier_days(listing)
        return Record(minutes, days, keep_all=self.source.name == "tape")

    def now(self) -> int:
        """Market time in nanoseconds UTC."""
        return self.source.time.now()

    def is_open(self) -> bool:
        """Whether the market is in a session now."""
        return session_at(self.source.hours, self.now()) is not None

    def play(self, until: int) -> Iterator[list[Message]]:
        """Everything up to `until`, a list for each stretch; a minute's bars follow all of its trades."""
        while (boundary := self._minute + NS_PER_MINUTE) <= until:
            yield self._take(boundary)
            yield self._close_minute()
            self._minute = boundary
        yield self._take(until)

    def _take(self, until: int) -> list[Message]:
        events = self.source.advance(until)
        self.event_count += len(events)
        for event in events:
            self.records[event.symbol].add(event)
        return list(events)

    def _close_minute(self) -> list[Message]:
        bars = [bar for record in self.records.values() if (bar := record.close_minute()) is not None]
        return [*bars, *(self.day_of(bar) for bar in bars)]

    def day_of(self, bar: Bar) -> DailyBar:
        """The session so far, up to and with a finished minute."""
        day_start = midnight(trading_day(bar.start))
        minutes = self.records[bar.symbol].minutes().between(day_start, bar.start)
        return DailyBar(*astuple(Timeframe(1, "Day").bars(minutes).bar(bar.symbol, -1)))

    def bars(self, symbol: str, timeframe: Timeframe) -> BarColumns:
        """Every bar of a symbol, from finished minutes only; no bars for a symbol that is not listed."""
        record = self.records.get(symbol)
        if record is None:
            return BarColumns.empty()
        if not timeframe.is_daily:
            return timeframe.bars(record.minutes())
        return timeframe.bars(record.earlier_days.joined(Timeframe(1, "Day").bars(record.minutes())))
