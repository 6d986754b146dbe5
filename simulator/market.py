"""The market: a source played against its clock, recorded minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from msgspec.structs import astuple

from domain.session import NS_PER_SECOND, midnight, trading_day
from simulator.bar import NS_PER_MINUTE, Bar, DailyBar, UpdatedBar, minute_of
from simulator.columns import BarColumns
from simulator.hours import session_at
from simulator.listing import Listing
from simulator.message import Message
from simulator.notice import PriceBand, TradingStatus
from simulator.quote import Quote
from simulator.record import CryptoRecord, Record
from simulator.source import Source
from simulator.timeframe import Timeframe
from simulator.trade import CryptoTrade, Trade

FEW_LISTINGS = 24  # whose histories can be drawn at once without holding up the market
USUAL_LISTINGS = 60  # of more symbols the record keeps trades and quotes for a shorter time
FOREIGN_ID = 10**12  # ids on a tape are numbers of rows
PART_NS = NS_PER_SECOND // 5
RESUMED = frozenset({"T", "3"})  # codes of the tapes
UPDATE_AFTER_NS = 30 * NS_PER_SECOND  # "Real-time Stock Pricing Data": updated bars come at each half minute


FillModel = Literal["book", "quote", "queue"]


class Market:
    """What the two protocols serve. Minute bars are exactly the bars of the published trades."""

    def __init__(self, source: Source, fill_model: FillModel = "quote") -> None:
        """`fill_model` is how orders are filled against a tape; in a generated market they stand in the book."""
        self.source = source
        self.fill_model: FillModel = fill_model if source.name == "tape" else "book"
        self.listings = {listing.symbol: listing for listing in source.listings}
        self.event_count = 0
        self.halted: set[str] = set()
        self._foreign_trades = 0
        self._take_up()

    def _take_up(self) -> None:
        self.records = {symbol: self._record(listing) for symbol, listing in self.listings.items()}
        self._minute = minute_of(self.source.begins_at)
        self._said: list[Message] = []
        self._to_update: dict[tuple[int, str], int] = {}
        self._unread = list(self.records.values())

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
        minutes, days = (partial(read, listing) for read in (self.source.earlier_minutes, self.source.earlier_days))
        kind = CryptoRecord if listing.is_crypto else Record
        since = minute_of(self.source.begins_at)
        share = min(1.0, USUAL_LISTINGS / len(self.source.listings))
        return kind(minutes, days, since=since, keep_all=self.source.name == "tape", share=share)

    def now(self) -> int:
        """Market time in nanoseconds UTC."""
        return self.source.time.now()

    def is_open(self) -> bool:
        """Whether the market is in a session now."""
        return session_at(self.source.hours, self.now()) is not None

    def play(self, until: int) -> Iterator[list[Message]]:
        """Everything up to `until`, a list for each stretch; a minute's bars follow all of its trades."""
        if self._unread:
            # One a turn: the histories of many shares at once would hold up the market for seconds.
            self._unread.pop().minutes()
        said, self._said = self._said, []
        if said:
            yield said
        while (boundary := self._minute + NS_PER_MINUTE) <= until:
            yield from self._stretch(boundary)
            yield self._close_minute()
            self._minute = boundary
        yield from self._stretch(until)
        if self._to_update:
            yield self._updates(until)

    def _stretch(self, until: int) -> Iterator[list[Message]]:
        """A long one comes in parts: whoever hears of it when the market is behind need not wait for all of it."""
        moment = self.source.played_until + PART_NS
        while moment < until:
            events = self._take(moment)
            if events:
                yield events
            moment += PART_NS
        yield self._take(until)

    def say(self, message: Message) -> None:
        """A message between the source's events: it leaves before all that has not been played."""
        self._said.append(message)

    def print(self, trade: Trade) -> None:
        """A trade besides the source's: it is recorded at once and leaves next.

        One of a minute that has been told changes its bar, which is told again 30 s of market time after its end.
        """
        record, start = self.records[trade.symbol], minute_of(trade.ts_event)
        record.add_late(trade)
        if record.is_finished(start):
            self._to_update[start, trade.symbol] = start + NS_PER_MINUTE + UPDATE_AFTER_NS
        self.say(trade)

    def foreign_trade(self, symbol: str, moment: int, price: float, size: float) -> Trade:
        """A print that a source with prints of its own does not know, with an id that none of those has."""
        self._foreign_trades += 1
        number, listing = FOREIGN_ID + self._foreign_trades, self.listings[symbol]
        if listing.is_crypto:
            return CryptoTrade(symbol, moment, number, price, size, "", "")
        return Trade(symbol, moment, number, price, size, "V", listing.tape)

    def _updates(self, until: int) -> list[Message]:
        due = [place for place, moment in self._to_update.items() if moment <= until]
        for place in due:
            del self._to_update[place]
        bars = (self.records[symbol].bar_at(start) for start, symbol in due)
        return [UpdatedBar(*astuple(bar)) for bar in bars if bar is not None]

    def _take(self, until: int) -> list[Message]:
        events = self.source.advance(until)
        self.event_count += len(events)
        for event in events:
            if isinstance(event, Trade | Quote):
                self.records[event.symbol].add(event)
            else:
                self._heed(event)
        return list(events)

    def _heed(self, notice: TradingStatus | PriceBand) -> None:
        """What the source says of its own accord: nobody may trade in a pause."""
        if isinstance(notice, TradingStatus):
            change = self.halted.discard if notice.code in RESUMED else self.halted.add
            change(notice.symbol)

    def _close_minute(self) -> list[Message]:
        bars = [bar for record in self.records.values() if (bar := record.close_minute(self._minute)) is not None]
        # Of many shares the daily bars come when the history of each has been drawn, which is within the first minute.
        told = bars if len(self.records) <= FEW_LISTINGS else [bar for bar in bars if self.records[bar.symbol].is_read]
        return [*bars, *(self.day_of(bar) for bar in told)]

    def day_of(self, bar: Bar) -> DailyBar:
        """The session so far, up to and with a finished minute."""
        return self.records[bar.symbol].day_so_far(midnight(trading_day(bar.start)), bar)

    def bars(self, symbol: str, timeframe: Timeframe) -> BarColumns:
        """Every bar of a symbol, from finished minutes only; no bars for a symbol that is not listed."""
        record = self.records.get(symbol)
        if record is None:
            return BarColumns.empty()
        if not timeframe.is_daily:
            return timeframe.bars(record.minutes())
        return timeframe.bars(record.earlier_days.joined(Timeframe(1, "Day").bars(record.minutes())))
