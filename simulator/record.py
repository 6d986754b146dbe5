"""The record of one symbol: what has been published, as the REST side serves it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
from msgspec.structs import replace

from simulator.bar import NS_PER_MINUTE, Bar, DailyBar, bar_of, minute_of
from simulator.columns import BarColumns
from simulator.day import Day
from simulator.quote import Quote
from simulator.trade import Trade, Update

TRADES_KEPT_NS = 90 * NS_PER_MINUTE
QUOTES_KEPT_NS = 15 * NS_PER_MINUTE
MINUTES_KEPT = 20_000
_FOLD_AFTER = 256
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")

Earlier = Callable[[], BarColumns]
EventT = TypeVar("EventT", Trade, Quote)


def _moment(event: Trade | Quote) -> int:
    return event.ts_event


def _within(events: list[EventT], start: int) -> list[EventT]:
    """Those of one minute."""
    first, last = (bisect_left(events, moment, key=_moment) for moment in (start, start + NS_PER_MINUTE))
    return events[first:last]


class Record:
    """Trades of at least the last 60 minutes and quotes of the last 10 (all when `keep_all`), and finished minutes.

    A minute's bar is always that of its valid trades, also after a trade came late or was taken back.
    """

    def __init__(
        self,
        earlier_minutes: Earlier,
        earlier_days: Earlier,
        *,
        since: int = 0,
        keep_all: bool = False,
        share: float = 1,
    ) -> None:
        """What is from before is read when it is asked for; `share` of the usual spans of trades and quotes are kept."""
        self.trades: list[Trade] = []
        self.quotes: list[Quote] = []
        self._earlier_minutes, self._earlier_days = earlier_minutes, earlier_days
        self._share = share
        self._day: Day | None = None
        self._finished: list[Bar] = []
        self._finished_until = since
        self._keep_all = keep_all

    @cached_property
    def _folded(self) -> BarColumns:
        return self._earlier_minutes()

    @cached_property
    def earlier_days(self) -> BarColumns:
        """Daily bars of days from before the minutes."""
        return self._earlier_days()

    @property
    def is_read(self) -> bool:
        """Whether the minutes from before have been asked for."""
        return "_folded" in self.__dict__

    @property
    def quote(self) -> Quote | None:
        """The last quote."""
        return self.quotes[-1] if self.quotes else None

    @property
    def last_trade(self) -> Trade | None:
        """The last trade that counts."""
        return next((trade for trade in reversed(self.trades) if trade.is_valid), None)

    def add(self, event: Trade | Quote) -> None:
        """One more event, in order."""
        if isinstance(event, Quote):
            self.quotes.append(event)
        else:
            self.trades.append(event)

    def add_late(self, trade: Trade) -> None:
        """A trade of an earlier moment."""
        insort(self.trades, trade, key=_moment)
        self._review(minute_of(trade.ts_event))

    def change_trade(self, trade: Trade, update: Update) -> None:
        """Writes down what became of a trade."""
        first = bisect_left(self.trades, trade.ts_event, key=_moment)
        self.trades[self.trades.index(trade, first)] = replace(trade, update=update)
        self._review(minute_of(trade.ts_event))

    def is_finished(self, start: int) -> bool:
        """Whether the minute's bar has been told."""
        return start < self._finished_until

    def bar_at(self, start: int) -> Bar | None:
        """The bar of a minute as far as it has got; None when nothing traded in it or its trades are forgotten."""
        trades = [trade for trade in _within(self.trades, start) if trade.is_valid]
        return bar_of(trades) if trades else None

    def _review(self, start: int) -> None:
        """Makes the bar of a finished minute again."""
        self._day = None
        if self.is_finished(start):
            columns, bar = self.minutes(), self.bar_at(start)
            low, high = (int(np.searchsorted(columns.start, start, side=side)) for side in _SIDES)
            middle = BarColumns.of([bar] if bar else [])
            self._folded = columns[:low].joined(middle).joined(columns[high:])
            self._finished = []

    def close_minute(self, start: int) -> Bar | None:
        """Ends the forming minute, which began at `start`; None when nothing traded in it."""
        self._finished_until = start + NS_PER_MINUTE
        bar = self.bar_at(start)
        if bar is not None:
            self._finished.append(bar)
            if not self._keep_all:
                self._forget(start)
        return bar

    def day_so_far(self, day_start: int, bar: Bar) -> DailyBar:
        """The session that began at `day_start`, up to and with the minute that was closed last."""
        if self._day is not None and self._day.start == day_start:
            if bar.start > self._day.until:
                self._day.add(bar)
        else:
            known = self.minutes().between(day_start, bar.start)
            self._day = Day.of(day_start, bar.symbol, known)
        return self._day.bar()

    def minutes(self) -> BarColumns:
        """Every finished minute with a trade, oldest first."""
        if len(self._finished) > _FOLD_AFTER:
            self._folded = self._folded.joined(BarColumns.of(self._finished))[-MINUTES_KEPT:]
            self._finished = []
        return self._folded.joined(BarColumns.of(self._finished))

    def _forget(self, now: int) -> None:
        for kept, span in ((self.trades, TRADES_KEPT_NS), (self.quotes, QUOTES_KEPT_NS)):
            stale = bisect_left(kept, now - int(span * self._share), key=_moment)
            # Rarely and much at once, so that it costs nothing an event.
            if stale * 4 > len(kept):
                del kept[:stale]


class CryptoRecord(Record):
    """The record of a coin: its bars are made of trades and of the middles of its quotes ("Real-time Crypto Data").

    So there can be bars of volume 0, and high and low can lie beyond every trade.
    """

    def bar_at(self, start: int) -> Bar | None:
        """The bar of a minute as far as it has got; None when there was neither trade nor quote."""
        trades = [trade for trade in _within(self.trades, start) if trade.is_valid]
        events: list[Trade | Quote] = [*trades, *_within(self.quotes, start)]
        prices = [_price(event) for event in sorted(events, key=_moment)]
        if not prices:
            return None
        volume, turnover = sum(trade.size for trade in trades), sum(trade.price * trade.size for trade in trades)
        return Bar(
            symbol=(trades or self.quotes)[0].symbol,
            start=start,
            open=prices[0],
            high=max(prices),
            low=min(prices),
            close=prices[-1],
            volume=round(float(volume), 9),
            trade_count=len(trades),
            vwap=round(turnover / volume, 6) if trades else 0.0,
        )


def _price(event: Trade | Quote) -> float:
    return round((event.bid_price + event.ask_price) / 2, 3) if isinstance(event, Quote) else event.price
