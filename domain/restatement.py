"""The restatement: bars made anew when a trade that they hold turns out to have been another one, or none."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from domain.bar import Bar, Source, finished, is_priced, same_prints
from domain.bar_ledger import MINUTE, BarLedger
from domain.conditions import Counts, counts_of
from domain.interval import TICK_INTERVALS, bar_start
from domain.trade_window import Place

REMEMBERED: Final = 10_000
"""Corrections that are known again when they are told twice, and minutes that are in doubt or were asked for."""

Told = tuple[int, int, int, int, float, float]
"""Symbol, exchange, id; id, price and size that it became (zeros for a cancel)."""


class Restatement:
    """Applies corrections and cancels to the ledger's bars, exactly where its window holds all their trades.

    Where it does not, or where Alpaca's own bar told of other trades than the window, volume, trade count and notional are
    put right, the prices stay, and the minute is doubtful until Alpaca tells it again. `told` counts what came, each once.
    """

    def __init__(self, ledger: BarLedger) -> None:
        self.told = 0
        self._ledger, self._window = ledger, ledger.window
        self._known: dict[Told, None] = {}
        self._doubtful: dict[tuple[int, int], None] = {}
        self._asked: dict[tuple[int, int], None] = {}

    def correct(self, was: Bar, now: Bar) -> None:
        """Put `now` in the place of the trade `was`."""
        if self._is_new(was, (int(now["id"]), float(now["price"]), float(now["size"]))):
            self._restate(was, now)

    def cancel(self, was: Bar) -> None:
        """Take out the trade `was`."""
        if self._is_new(was, (0, 0.0, 0.0)):
            self._restate(was, None)

    def take_doubtful(self) -> list[tuple[int, int]]:
        """The doubtful minutes not handed out yet, if they are over: symbol and start (ns)."""
        minutes = [minute for minute in self._doubtful if not self._forms(*minute)]
        for minute in minutes:
            del self._doubtful[minute]
            _remember(self._asked, minute)
        return minutes

    def _forms(self, symbol: int, start: int) -> bool:
        return int(self._ledger.forming.starts[self._ledger.slot(symbol, MINUTE)]) == start

    def settle(self, symbol: int, start: int) -> bool:
        """Whether a minute that Alpaca tells now was in doubt; it no longer is."""
        minute = symbol, start
        doubted = minute in self._doubtful or minute in self._asked
        self._doubtful.pop(minute, None)
        self._asked.pop(minute, None)
        return doubted

    def _is_new(self, was: Bar, became: tuple[int, float, float]) -> bool:
        told = (int(was["symbol"]), int(was["exchange"]), int(was["id"]), *became)
        if told in self._known:
            return False
        _remember(self._known, told)
        self.told += 1
        return True

    def _restate(self, was: Bar, now: Bar | None) -> None:
        symbol = int(was["symbol"])
        place = self._window.find(symbol, int(was["exchange"]), int(was["id"]))
        if place is not None:
            held = self._window.at(place)
            agreed = self._agrees_with_alpaca(symbol, int(held["ts_event"]))
            self._put(place, held, now)
            self._restate_bars(held, now, agreed)
        elif not self._window.covers(symbol, int(was["ts_event"])):
            self._restate_bars(was, now, False)

    def _put(self, place: Place, held: Bar, now: Bar | None) -> None:
        if now is None:
            self._window.remove(place)
            return
        corrected = now.copy()
        for name in ("ts_event", "symbol", "kind"):
            corrected[name] = held[name]
        self._window.put(place, corrected)

    def _restate_bars(self, held: Bar, now: Bar | None, agreed: bool) -> None:
        symbol, at = int(held["symbol"]), int(held["ts_event"])
        for interval in TICK_INTERVALS:
            slot, start = self._ledger.slot(symbol, interval), bar_start(at, interval)
            if self._window.covers(symbol, start) and (interval != MINUTE or agreed):
                self._remake(slot, start)
            elif self._adjust(slot, start, held, now) and interval == MINUTE:
                _remember(self._doubtful, (symbol, start))

    def _agrees_with_alpaca(self, symbol: int, at: int) -> bool:
        """Whether the minute of an instant is ours, or Alpaca's and the same as the window's."""
        slot, start = self._ledger.slot(symbol, MINUTE), bar_start(at, MINUTE)
        series = self._ledger.closed.series(slot)
        ordinal = series.find(start)
        if ordinal is None or series.at(ordinal)["source"] == Source.TRADES:
            return True
        ours = self._ledger.from_window(slot, start)
        return ours is not None and same_prints(ours, series.at(ordinal))

    def _remake(self, slot: int, start: int) -> None:
        """Make a bar anew of the window's trades."""
        bar, ordinal = self._ledger.from_window(slot, start), self._ledger.closed.series(slot).find(start)
        if int(self._ledger.forming.starts[slot]) == start:
            if bar is None:
                self._ledger.forming.clear(slot)
            else:
                self._ledger.forming.put(slot, bar)
        elif bar is not None and is_priced(bar):
            self._ledger.settle(slot, finished(bar, Source.TRADES))
        elif ordinal is not None:
            self._ledger.empty(slot, ordinal)

    def _adjust(self, slot: int, start: int, was: Bar, now: Bar | None) -> bool:
        """Put right what was traded in a bar and leave its prices; whether there is such a bar."""
        ordinal, forms = self._ledger.closed.series(slot).find(start), int(self._ledger.forming.starts[slot]) == start
        if forms:
            self._ledger.forming.put(slot, _adjusted(self._ledger.forming.at(slot), was, now))
        elif ordinal is not None:
            self._ledger.amend(slot, ordinal, _adjusted(self._ledger.closed.series(slot).at(ordinal), was, now))
        return forms or ordinal is not None


def _remember(known: dict[Any, None], new: object) -> None:
    """Keep it among the last so many."""
    known[new] = None
    if len(known) > REMEMBERED:
        del known[next(iter(known))]


def _adjusted(bar: Bar, was: Bar, now: Bar | None) -> Bar:
    adjusted = bar.copy()
    for trade, sign in ((was, -1), (now, 1)):
        if trade is not None and counts_of(np.array([trade]))[0] & Counts.VOLUME:
            adjusted["volume"] = max(adjusted["volume"] + sign * trade["size"], 0.0)
            adjusted["notional"] = max(adjusted["notional"] + sign * trade["size"] * trade["price"], 0.0)
            adjusted["trade_count"] = max(adjusted["trade_count"] + sign, 0)
    return adjusted
