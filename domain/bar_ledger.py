"""The ledger of bars: what forms and what has closed, moved on by partial bars and by the clock, and the longer bars with it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain import rows
from domain.bar import BAR, OF_TRADES, Bar, Bars, Source, emptied, finished, is_emptied, is_priced, join
from domain.bar_series import BarSeries
from domain.closed_bar import INTERVAL_INDEX
from domain.closed_bars import ClosedBars
from domain.forming_bars import FormingBars, Slots
from domain.interval import DERIVED_INTERVALS, INTERVALS, LENGTH_NS, bar_end, bar_start, bar_starts
from domain.tick import Records
from domain.tick_bars import PartialBars, add_bars, longer_bars, second_bars
from domain.trade_window import TradeWindow

MINUTE: Final = "1Min"
DAY: Final = "1Day"
MINUTE_ROW: Final = INTERVAL_INDEX[MINUTE]


class BarLedger:
    """Bars of some symbols at every interval. 5Min and longer are made of closed minutes, the day too until Alpaca's own comes.

    `late` counts trades that amended a closed minute, as Alpaca's updated bars do.
    """

    def __init__(self, symbols: int, window: TradeWindow) -> None:
        self.symbols, self.window = symbols, window
        self.forming, self.closed = FormingBars(symbols), ClosedBars(symbols)
        self.late = 0
        self.closed_until = 0

    @property
    def first_end(self) -> int:
        """A time (ns) at or before the end of every bar that forms."""
        return self.forming.first_end

    def slot(self, symbol: int, interval: str) -> int:
        """Where the tables hold a symbol and interval."""
        return INTERVAL_INDEX[interval] * self.symbols + symbol

    def series(self, symbol: int, interval: str) -> BarSeries:
        """The closed bars of a symbol."""
        return self.closed.series(self.slot(symbol, interval))

    def add(self, slots: Slots, bars: Bars) -> None:
        """Take what some trades, which are in the window already, add: partial bars in order of slot, then start."""
        rest = self.forming.join(slots, bars)
        if len(rest):
            self._advance(*self._without_late(slots[rest], rows.pick(bars, rest)))

    def close_until(self, market_time: int) -> None:
        """Close every bar that ended at `market_time` (ns) or before."""
        self.closed_until = market_time
        ended = self.forming.ended(market_time)
        if len(ended):
            self.close(ended[ended < (MINUTE_ROW + 1) * self.symbols])
            self.close(self.forming.ended(market_time))  # by now the minutes are in the longer ones

    def close(self, slots: Slots) -> None:
        """Close what forms in some slots."""
        bars = rows.pick(self.forming.bars, slots)
        self.forming.clear(slots)
        self._take_closed(slots, bars)

    def settle(self, slot: int, bar: Bar) -> None:
        """Give a finished bar its place: behind all others, in place of the one that is there, or between two."""
        start, series = int(bar["start"]), self.closed.series(slot)
        ordinal = series.find(start)
        if ordinal is not None:
            self.amend(slot, ordinal, bar)
        elif start > max(series.last_start, self._forming_start(slot)):
            self._append(np.array([slot]), np.array([bar], BAR))
        else:
            self.closed.insert(slot, bar)
            self._derive_from(slot, start)

    def amend(self, slot: int, ordinal: int, bar: Bar) -> None:
        """Put a bar in place of the closed one at an ordinal; it is published again with a higher revision."""
        self.closed.amend(slot, ordinal, bar)
        self._derive_from(slot, int(bar["start"]))

    def empty(self, slot: int, ordinal: int) -> None:
        """Let the closed bar at an ordinal be one without trades."""
        series = self.closed.series(slot)
        bar = series.at(ordinal)
        before = series.at(ordinal - 1)["close"] if ordinal > series.first else bar["close"]
        self.amend(slot, ordinal, emptied(bar, float(before)))

    def from_window(self, slot: int, start: int) -> Bar | None:
        """The bar that the window's trades make, if there are any; None too if it does not hold all of them."""
        symbol, interval = slot % self.symbols, INTERVALS[slot // self.symbols]
        if not self.window.covers(symbol, start):
            return None
        trades = self.window.between(symbol, start, bar_end(start, interval))
        return longer_bars(second_bars(trades), interval).bars[0] if len(trades) else None

    def derive(self, symbol: int, interval: str, start: int) -> None:
        """Make the longer bar that begins at `start` anew out of its closed minutes; Alpaca's own day stays as it is."""
        slot = self.slot(symbol, interval)
        minutes = self.series(symbol, MINUTE).between(start, bar_end(start, interval))
        minutes, forms = minutes[~is_emptied(minutes)], int(self.forming.starts[slot])
        if interval == DAY and (start <= self.closed.past[slot] or self.forming.at(slot)["source"] == Source.ALPACA):
            return
        if not len(minutes):
            self._empty_derived(slot, start)
        elif forms == start:
            self.forming.put(slot, join(minutes, start))
        elif start > max(int(self.closed.past[slot]), self._forming_start(slot) - 1):
            self._advance(np.array([slot]), np.array([join(minutes, start)], BAR))
        else:
            self.settle(slot, finished(join(minutes, start), Source.TRADES))

    def restart(self, symbol: int, start: int, minutes: Bars, days: Bars) -> None:
        """Forget the bars from `start` (ns) on and take history for what was before."""
        history = {MINUTE: minutes[minutes["start"] < start], DAY: days[days["start"] < bar_start(start, DAY)]}
        for interval in INTERVALS:
            slot = self.slot(symbol, interval)
            self.closed.restart(slot, bar_start(start, interval), history.get(interval, np.zeros(0, BAR)))
            self.forming.clear(slot)
        for interval in DERIVED_INTERVALS:
            self._derive_all(symbol, interval, start)
        self.derive(symbol, DAY, bar_start(start, DAY))

    def take_from(self, other: BarLedger, theirs: int, ours: int) -> None:
        """Take all bars that another ledger holds of its symbol `theirs` as those of this one's symbol `ours`."""
        for interval in INTERVALS:
            there, here = other.slot(theirs, interval), self.slot(ours, interval)
            self.closed.take_over(here, other.closed.series(there))
            self.closed.past[here] = other.closed.past[there]
            if other.forming.starts[there]:
                self.forming.put(here, other.forming.at(there))

    def tables(self) -> tuple[Records, NDArray[np.int64]]:
        """Forming bars and their ordinals, a row an interval, a column a symbol; the longer ones with the minute that forms."""
        shape = (len(INTERVALS), self.symbols)
        bars = rows.copy(self.forming.bars).reshape(shape)
        bars[~is_priced(bars)] = np.zeros((), BAR)
        for interval in (*DERIVED_INTERVALS, DAY):
            _join_minute(bars[INTERVAL_INDEX[interval]], bars[MINUTE_ROW], interval)
        return bars, self.closed.next_ordinals.reshape(shape).copy()

    def _without_late(self, slots: Slots, bars: Bars) -> tuple[Slots, Bars]:
        """The bars that are newer than all in their slots; the others amend what is there."""
        newest = np.maximum(self.forming.starts[slots], self.closed.past[slots])
        newer = bars["start"] > newest
        for row in np.flatnonzero(~newer).tolist():
            self._add_late(int(slots[row]), bars[row])
        return slots[newer], rows.pick(bars, newer)

    def _add_late(self, slot: int, bar: Bar) -> None:
        series, start = self.closed.series(slot), int(bar["start"])
        ordinal = series.find(start)
        ours = None if ordinal is None else series.at(ordinal)
        if ours is None or is_emptied(ours):
            # trades that set no price may have been there before, and left no bar
            known = self.from_window(slot, start)
            bar = bar if known is None else known
            if is_priced(bar):
                self._count_late(slot, bar)
                self.settle(slot, finished(bar, Source.TRADES))
            else:
                self.closed.pass_by(np.array([slot]), np.array([start]))
        elif ours["source"] == Source.TRADES and ordinal is not None:
            self._count_late(slot, bar)
            self.amend(slot, ordinal, add_bars(np.array([ours]), np.array([bar]))[0])

    def _count_late(self, slot: int, bar: Bar) -> None:
        """Each trade belongs to one minute, so that it counts once; a few milliseconds of disorder are no lateness."""
        self.late += int(bar["trade_count"]) * (slot // self.symbols == MINUTE_ROW)

    def _advance(self, slots: Slots, bars: Bars) -> None:
        """Take bars newer than all in their slots, in order of slot, then start: the last of each forms, the others close."""
        if not len(slots):
            return
        newest = np.append(slots[1:] != slots[:-1], True)
        left_slots, left = self.forming.replace(slots[newest], rows.pick(bars, newest))
        if not newest.all():
            left_slots = np.concatenate([left_slots, slots[~newest]])
            order = np.argsort(left_slots, kind="stable")
            left_slots, left = left_slots[order], rows.pick(rows.stack([left, rows.pick(bars, ~newest)]), order)
        self._take_closed(left_slots, left)

    def _take_closed(self, slots: Slots, bars: Bars) -> None:
        """Append what has closed, in order of slot, then start; what no trade has priced leaves only its trace."""
        if not len(slots):
            return
        bars["final"] = 1
        priced = is_priced(bars)
        if not priced.all():
            self.closed.pass_by(slots, bars["start"])
            slots, bars = slots[priced], rows.pick(bars, priced)
        self._append(slots, bars)

    def _append(self, slots: Slots, bars: Bars) -> None:
        self.closed.append(slots, bars)
        minutes = slots // self.symbols == MINUTE_ROW
        if minutes.any():
            self._extend_longer(PartialBars((slots[minutes] - MINUTE_ROW * self.symbols), rows.pick(bars, minutes)))

    def _extend_longer(self, minutes: PartialBars) -> None:
        """Add minutes that were appended to the longer bars."""
        for interval in (*DERIVED_INTERVALS, DAY):
            symbols, bars = longer_bars(minutes, interval)
            slots = symbols + np.int64(self.slot(0, interval))
            if interval == DAY:
                ours = self.forming.bars["source"][slots] == OF_TRADES
                slots, bars = slots[ours], rows.pick(bars, ours)
            self._extend(interval, slots, bars)

    def _extend(self, interval: str, slots: Slots, bars: Bars) -> None:
        for name in ("final", "revision", "source"):
            bars[name] = 0
        rest = self.forming.join(slots, bars)
        slots, bars = slots[rest], rows.pick(bars, rest)
        newer = bars["start"] > np.maximum(self.forming.starts[slots], self.closed.past[slots])
        self._advance(slots[newer], rows.pick(bars, newer))
        for slot, start in zip(slots[~newer].tolist(), bars["start"][~newer].tolist(), strict=True):
            self.derive(slot % self.symbols, interval, start)

    def _derive_from(self, slot: int, start: int) -> None:
        """Make the longer bars anew that hold a minute which changed."""
        if slot // self.symbols == MINUTE_ROW:
            for interval in (*DERIVED_INTERVALS, DAY):
                self.derive(slot % self.symbols, interval, bar_start(start, interval))

    def _derive_all(self, symbol: int, interval: str, end: int) -> None:
        """Make the whole series of longer bars anew out of closed minutes; the one that `end` cuts keeps forming."""
        slot, minutes = self.slot(symbol, interval), self.series(symbol, MINUTE).bars
        minutes = minutes[~is_emptied(minutes)]
        if not len(minutes):
            return
        bars = longer_bars(PartialBars(np.zeros(len(minutes), np.uint32), minutes), interval).bars
        for name in ("final", "revision", "source"):
            bars[name] = 0
        done = bars["start"] + LENGTH_NS[interval] <= end
        if not done[-1]:
            self.forming.put(slot, bars[-1])
        bars["final"] = 1
        self.closed.restart(slot, bar_start(end, interval), bars[done])

    def _empty_derived(self, slot: int, start: int) -> None:
        ordinal = self.closed.series(slot).find(start)
        if int(self.forming.starts[slot]) == start:
            self.forming.clear(slot)
        elif ordinal is not None:
            self.empty(slot, ordinal)

    def _forming_start(self, slot: int) -> int:
        """The start of what forms, 0 for nothing; longer bars form as soon as their first minute does."""
        interval = INTERVALS[slot // self.symbols]
        minute = int(self.forming.starts[self.slot(slot % self.symbols, MINUTE)])
        longer = bar_start(minute, interval) if minute and slot // self.symbols > MINUTE_ROW else 0
        return max(int(self.forming.starts[slot]), longer)


def _join_minute(longer: Bars, minutes: Bars, interval: str) -> None:
    """Put the minutes that form into the longer bars (in place); Alpaca's own day has them already."""
    starts = bar_starts(minutes["start"], interval)
    forms = (minutes["start"] > 0) & ((longer["start"] == 0) | (longer["source"] == OF_TRADES))
    joins, begins = forms & (longer["start"] == starts), forms & (longer["start"] < starts)
    rows.put(longer, joins, add_bars(rows.pick(longer, joins), rows.pick(minutes, joins)))
    rows.put(longer, begins, rows.pick(minutes, begins))
    longer["start"][begins] = starts[begins]
