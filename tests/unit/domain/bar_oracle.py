"""The oracle: the bars of some prints in plain Python, and the desk's book fed with the same prints in any order.

It works from the list of all that has come, again for every question: slow, and without any of the book's ideas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from domain.bar import is_emptied
from domain.bar_book import BarBook
from domain.closed_bar import INTERVAL_INDEX
from domain.interval import INTERVALS, LENGTH_NS
from domain.tick import TRADE, Kind, Records
from tests.unit.domain.ticks import PlainBar, plain

DERIVED = ("5Min", "15Min", "1Hour")


@dataclass(frozen=True)
class Print:
    """A trade in the words of the oracle; `conditions` are its letters."""

    ts_event: int
    symbol: int
    price: float
    size: int
    id: int
    conditions: str = "@"
    tape: str = "A"
    exchange: str = "V"

    @property
    def prices(self) -> bool:
        """Whether it may set open, high, low and close."""
        barred = "CGHINPRUVWZ47MQ9" + ("B" if self.tape in "AB" else "")
        return not self.tape or not set(self.conditions) & set(barred)

    @property
    def volume(self) -> bool:
        return not self.tape or not set(self.conditions) & set("MQ9")


def record(row: Print) -> Any:
    """The TRADE record of a print."""
    trade = np.zeros((), TRADE)
    for name in ("ts_event", "symbol", "price", "size", "id"):
        trade[name] = getattr(row, name)
    trade["kind"], trade["exchange"] = Kind.TRADE, ord(row.exchange)
    trade["tape"] = ord(row.tape) if row.tape else 0
    trade["conditions"] = int.from_bytes(row.conditions.encode(), "little")
    return trade[()]


def records(rows: Iterable[Print]) -> Records:
    return np.array([record(row) for row in rows], TRADE)


def tick_bars(prints: list[Print], interval: str, symbol: int) -> dict[int, PlainBar]:
    """The bars that the prints, in order of arrival, make of an interval."""
    buckets: dict[int, list[Print]] = {}
    for row in sorted((row for row in prints if row.symbol == symbol), key=lambda row: row.ts_event):
        buckets.setdefault(row.ts_event // LENGTH_NS[interval] * LENGTH_NS[interval], []).append(row)
    return {start: _bar(rows) for start, rows in buckets.items() if any(row.prices for row in rows)}


def expected_bars(prints: list[Print], interval: str, symbol: int) -> dict[int, PlainBar]:
    """The bars of any interval of a fixed length; the longer ones are made of minutes, as the desk's are."""
    if interval not in DERIVED:
        return tick_bars(prints, interval, symbol)
    buckets: dict[int, list[PlainBar]] = {}
    for start, minute in sorted(tick_bars(prints, "1Min", symbol).items()):
        buckets.setdefault(start // LENGTH_NS[interval] * LENGTH_NS[interval], []).append(minute)
    return {start: _joined(minutes) for start, minutes in buckets.items()}


def _bar(rows: list[Print]) -> PlainBar:
    prices, traded = [row.price for row in rows if row.prices], [row for row in rows if row.volume]
    volume, notional = sum(row.size for row in traded), sum(row.size * row.price for row in traded)
    return PlainBar(prices[0], max(prices), min(prices), prices[-1], float(volume), len(traded), notional)


def _joined(minutes: list[PlainBar]) -> PlainBar:
    highs, lows = max(row.high for row in minutes), min(row.low for row in minutes)
    sums = (
        sum(row.volume for row in minutes),
        sum(row.trade_count for row in minutes),
        sum(row.notional for row in minutes),
    )
    return PlainBar(minutes[0].open, highs, lows, minutes[-1].close, *sums)


@dataclass
class Told:
    """What has come so far: prints, corrections and cancels, each once; and the book that was told the same."""

    symbols: int
    rows: list[Print] = field(default_factory=list)
    newest: int = 0
    seen: set[tuple[int, int]] = field(default_factory=set)
    gone: set[tuple[int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.book = BarBook(self.symbols)
        self.shown: dict[tuple[int, int], dict[int, Any]] = {}

    def trades(self, batch: list[Print]) -> None:
        """Take prints; those that came before are left out, as the worker does."""
        fresh = {(row.symbol, row.id): row for row in batch if (row.symbol, row.id) not in self.seen}
        self.seen |= fresh.keys()
        self.rows += fresh.values()
        self.book.add_trades(records(fresh.values()))
        self.newest = max([self.newest, *(row.ts_event for row in batch)])
        self.book.close_until(self.newest)

    def cancel(self, row: Print) -> None:
        self.rows = [held for held in self.rows if (held.symbol, held.id) != (row.symbol, row.id)]
        self.book.cancel(record(row))

    def correct(self, was: Print, now: Print) -> None:
        """`now` takes the place of `was`, at its time."""
        for place, held in enumerate(self.rows):
            if (held.symbol, held.id) == (was.symbol, was.id):
                self.rows[place] = replace(now, ts_event=held.ts_event)
        self.book.correct(record(was), record(now))

    def close_all(self) -> None:
        self.newest = 10**19 // 2
        self.book.close_until(self.newest)

    def publish(self) -> None:
        """Do what a reader does with what is published."""
        for row in self.book.pending_closed():
            view = self.shown.setdefault((int(row["symbol"]), int(row["interval"])), {})
            view[int(row["ordinal"])] = row["bar"].copy()
        self.book.take_closed()

    def difference(self) -> str:
        """Where the book is not as the oracle says; empty if nowhere."""
        self.publish()
        tables = self.book.forming()[0]
        for symbol in range(self.symbols):
            for interval in INTERVALS[:-1]:
                found = self._difference(tables, symbol, interval)
                if found:
                    return f"{interval} of symbol {symbol}: {found}"
        return ""

    def _difference(self, tables: Records, symbol: int, interval: str) -> str:
        expected, length = expected_bars(self.rows, interval, symbol), LENGTH_NS[interval]
        rows, forming = self.book.series(symbol, interval).bars, tables[INTERVAL_INDEX[interval], symbol]
        shown = self.shown.get((symbol, INTERVAL_INDEX[interval]), {})
        if [shown[ordinal] for ordinal in sorted(shown)] != list(rows):
            return "what was published is not what is held"
        if rows["start"].tolist() != sorted(set(rows["start"].tolist())) or not rows["final"].all():
            return "starts are not in order, or a closed bar is not final"
        closed = {int(row["start"]): plain(row) for row in rows if not is_emptied(row)}
        forms = {int(forming["start"]): plain(forming)} if forming["start"] else {}
        open_now = {at: row for at, row in expected.items() if at + length > self.newest}
        if forms != open_now:
            return f"forming {forms} instead of {open_now}"
        over = {at: row for at, row in expected.items() if at not in open_now}
        wrong = [
            (at, closed.get(at), over.get(at)) for at in closed.keys() | over.keys() if closed.get(at) != over.get(at)
        ]
        return f"closed, ours and the oracle's: {sorted(wrong)[:3]}" if wrong else ""
