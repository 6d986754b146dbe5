"""The book of bars: every closed and forming bar of the desk, kept up from ticks, from Alpaca's bars and from the clock."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import Bar, Bars, Source, finished, same_prints, same_volume
from domain.bar_ledger import DAY, MINUTE, BarLedger
from domain.bar_series import BarSeries
from domain.interval import TICK_INTERVALS, bar_end
from domain.restatement import Restatement
from domain.tick import Records
from domain.tick_bars import partial_bars
from domain.trade_window import TradeWindow
from domain.waiting_trades import WaitingTrades


class BarBook:
    """Bars by event time. What closes or changes is pending until `take_closed`.

    A bar closes when the market's time passes its end (`close_until`) or a trade of a later bar comes. A trade that comes
    later, a correction and a cancel still amend the closed bar, which then has a higher revision. The day forms from its
    minutes until Alpaca's own daily bar comes (`add_day`), which then stands alone.

    Trades that can only make forming bars grow wait until somebody looks or their second ends: batches come much more often
    than anybody looks, and most of what one costs is the same for few trades and for many. Nobody can tell from outside.

    Counters: `mismatches` of Alpaca's minute bars that told of other trades than ours; `late` trades that amended a closed
    minute; `corrections` told of (cancels too); `unknown_conditions` trades with a sale condition that is not in our table.
    """

    def __init__(self, symbols: int, of_quotes: Collection[int] = ()) -> None:
        """`of_quotes` are the symbols whose bars Alpaca makes of quotes too (crypto): other prices are no mismatch there."""
        self.mismatches = self._unknown_conditions = 0
        self._window = TradeWindow(symbols)
        self._kept = BarLedger(symbols, self._window)
        self._restatement = Restatement(self._kept)
        self._of_quotes = frozenset(of_quotes)
        self._waiting = WaitingTrades()

    @property
    def _ledger(self) -> BarLedger:
        """The ledger with every trade in it."""
        self._book_waiting()
        return self._kept

    @property
    def unknown_conditions(self) -> int:
        """Trades with a sale condition that is not in our table."""
        self._book_waiting()
        return self._unknown_conditions

    @property
    def late(self) -> int:
        """Trades that amended a closed minute."""
        return self._ledger.late

    @property
    def corrections(self) -> int:
        """Corrections and cancels told of, each once."""
        return self._restatement.told

    def series(self, symbol: int, interval: str) -> BarSeries:
        """The closed bars of a symbol."""
        return self._ledger.series(symbol, interval)

    def take_over(self, symbol: int, interval: str, series: BarSeries) -> None:
        """Take a series that an earlier process left."""
        self._ledger.closed.take_over(self._ledger.slot(symbol, interval), series)
        if interval == MINUTE and len(series):
            self._window.begin(symbol, bar_end(series.last_start, MINUTE))

    def go_on(self, other: BarBook, places: NDArray[np.int64]) -> None:
        """Go on where another book is, whose symbols have other places here (`places` by theirs, -1 for one that is gone).

        The other book must not be used any more.
        """
        self.mismatches, self._unknown_conditions = other.mismatches, other.unknown_conditions
        self._ledger.late, self._restatement.told = other._ledger.late, other._restatement.told
        self._window.take_over(other._window, places)
        for theirs in np.flatnonzero(places >= 0).tolist():
            self._ledger.take_from(other._ledger, theirs, int(places[theirs]))

    def add_trades(self, trades: Records) -> None:
        """Take trades (TRADE records, each once, in any order)."""
        if len(trades) and not self._waiting.add(trades, self._kept.closed_until, self._kept.first_end):
            self._book_waiting()
            self._waiting.passed_by(trades)
            self._book(trades)

    def correct(self, was: Bar, now: Bar) -> None:
        """Take a correction (`c`): the trade `was` (a TRADE record: symbol, exchange, id, price, size, conditions and the
        message's time) is replaced by `now`. It keeps the event time at which we have it. Told again, it changes nothing.
        """
        self._book_waiting()
        self._restatement.correct(was, now)
        self._close_again()

    def cancel(self, was: Bar) -> None:
        """Take a cancel or error (`x`) of the trade `was`, a TRADE record as in `correct`."""
        self._book_waiting()
        self._restatement.cancel(was)
        self._close_again()

    def take_doubtful(self) -> list[tuple[int, int]]:
        """The minutes (symbol, start) that could not be restated exactly; ask history for them and `add_minute` the answer."""
        return self._restatement.take_doubtful()

    def close_until(self, market_time: int) -> None:
        """Close every bar that ended at `market_time` (ns) or before."""
        if market_time >= self._waiting.until:
            self._book_waiting()
        self._kept.close_until(market_time)

    def add_minute(self, symbol: int, theirs: Bar) -> None:
        """Take Alpaca's own bar of a minute (`b` and `u`). It has the last word; a difference from ours is counted."""
        start, slot = int(theirs["start"]), self._ledger.slot(symbol, MINUTE)
        if 0 < int(self._ledger.forming.starts[slot]) <= start:
            self._ledger.close(np.array([slot]))
        series = self._ledger.closed.series(slot)
        ordinal = series.find(start)
        ours = None if ordinal is None else series.at(ordinal)
        expected = self._restatement.settle(symbol, start)
        if ours is not None and same_prints(ours, theirs):
            return
        self.mismatches += int(not expected and not self._may_differ(symbol, ours, theirs))
        self._ledger.settle(slot, finished(theirs, Source.ALPACA))
        self._close_again()

    def add_day(self, symbol: int, theirs: Bar) -> None:
        """Take Alpaca's daily bar (`d`) as it stands; it forms until the midnight in New York that ends its day."""
        start, slot = int(theirs["start"]), self._ledger.slot(symbol, DAY)
        forming = self._ledger.forming.at(slot)
        theirs = theirs.copy()
        theirs["source"], theirs["final"] = Source.ALPACA, 0
        if start <= int(self._ledger.closed.past[slot]):
            self._ledger.settle(slot, finished(theirs, Source.ALPACA))
        elif forming["source"] == Source.TRADES or forming["start"] == start:
            self._ledger.forming.put(slot, theirs)
        elif forming["start"] < start:
            self._ledger.close(np.array([slot]))
            self._ledger.forming.put(slot, theirs)

    def restart_at(self, symbol: int, start: int, minutes: Bars, days: Bars) -> None:
        """Forget the symbol's bars from `start` (ns) on, take history instead, and be ready for the trades from `start` on.

        Days are taken if they are over at `start`; the day in progress is made of its minutes, unless `add_day` tells it.
        """
        self._book_waiting()
        self._waiting.begin_anew()
        self._window.begin(symbol, start)
        self._kept.restart(symbol, start, minutes, days)

    def forming(self) -> tuple[Records, NDArray[np.int64]]:
        """The tables of a snapshot: forming bars and their ordinals, a row an interval, a column a symbol."""
        return self._ledger.tables()

    def pending_closed(self) -> Records:
        """The CLOSED_BAR records of all that closed or changed since `take_closed`. What waits has closed nothing."""
        return self._kept.closed.pending()

    def take_closed(self) -> None:
        """Forget what is pending: it was published."""
        self._kept.closed.forget_pending()

    def _book_waiting(self) -> None:
        if self._waiting:
            self._book(self._waiting.take())

    def _book(self, trades: Records) -> None:
        self._window.add(trades)
        partials, unknown = partial_bars(trades)
        self._unknown_conditions += unknown
        slots = [
            part.symbols + np.int64(self._kept.slot(0, name))
            for name, part in zip(TICK_INTERVALS, partials, strict=True)
        ]
        self._kept.add(np.concatenate(slots), rows.stack([part.bars for part in partials]))

    def _close_again(self) -> None:
        """Close longer bars that came to be after their end had passed."""
        self._ledger.close_until(self._ledger.closed_until)

    def _may_differ(self, symbol: int, ours: Bar | None, theirs: Bar) -> bool:
        """Whether a difference is in the nature of bars that Alpaca makes of quotes too."""
        if symbol not in self._of_quotes:
            return False
        return theirs["trade_count"] == 0 if ours is None else same_volume(ours, theirs)
