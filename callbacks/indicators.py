"""The indicators: of those that a page chose, the values that it does not hold yet.

Whole lines for what is new on the page; from then on the values from the first bar on that changed, which mostly is the
forming one. A value never comes before TA-Lib has one: it is null until then.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from callbacks.ask import Ask, Cursor
from callbacks.indicator_bars import MOST_SHOWN, IndicatorBars, load_bars
from domain.indicator import MOST, MOST_PANES, Indicator, IndicatorError, parse_indicator
from domain.indicator_values import Values, values
from market_cache.reader import MarketReader

MOST_SERIES: Final = 32
"""Symbols and intervals that a process keeps bars of; the one that was not asked for longest goes."""

DIGITS: Final = {"rsi": 2, "volume_average": 1}
"""Digits after the point; the others are prices."""

Line = list[float | None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The indicators that a page may have, by how it writes them, and what is wrong with the others."""

    indicators: dict[str, Indicator]
    problems: dict[str, list[str]]


class IndicatorDesk:
    """Bars and values of indicators. One a process; safe from several threads. Values are computed once for all pages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str], IndicatorBars] = OrderedDict()

    def part(self, reader: MarketReader, now: Cursor, ask: Ask, closed: list[list[float]] | None) -> dict[str, Any]:
        """What a page gets; `closed` are the rows of bars that changed or closed since its cursor, None: all bars are new.

        `indicators`: by how it is written the ordinal of the first value and a list of values a line; `indicator_problems`: the
        parameter (or nothing) and what is wrong with it.
        """
        chosen = choose(ask.indicators)
        part: dict[str, Any] = {"indicator_problems": chosen.problems} if chosen.problems else {}
        wanted = {key: indicator for key, indicator in chosen.indicators.items() if indicator.kind.lines}
        held = () if closed is None else ask.marks.indicators
        if not wanted or not now.symbol or (now.until is not None and not closed and wanted.keys() <= set(held)):
            return part
        with self._lock:
            bars = self._bars(reader, now, list(wanted.values()))
            rows = {key: rows_of(bars, indicator, closed if key in held else None) for key, indicator in wanted.items()}
        known = {key: row for key, row in rows.items() if row is not None}
        return part | ({"indicators": known} if known else {})

    def _bars(self, reader: MarketReader, now: Cursor, indicators: list[Indicator]) -> IndicatorBars:
        needed = max(indicator.warm_up for indicator in indicators)
        if now.until is not None:  # a page that looks at the past: seldom, and each elsewhere
            return load_bars(reader, now.symbol, now.interval, needed, now.until)
        place = now.symbol, now.interval
        held = self._held.get(place)
        if held is None or not held.catch_up(reader, needed):
            held = load_bars(reader, now.symbol, now.interval, needed)
        self._held[place] = held
        self._held.move_to_end(place)
        while len(self._held) > MOST_SERIES:
            self._held.popitem(last=False)
        return held


def rows_of(bars: IndicatorBars, indicator: Indicator, closed: list[list[float]] | None) -> list[Any] | None:
    """[first ordinal, a list of values a line]: all, or those from the first bar on that changed. None without a bar."""
    lines = bars.lines(indicator, values)
    last = bars.first + len(lines[0]) - 1
    if last < bars.first:
        return None
    changed = [] if closed is None else [min([last, *(int(row[0]) for row in closed)])]
    first = max(bars.first, last + 1 - MOST_SHOWN, *changed)
    digits = DIGITS.get(indicator.kind.word, 4 if bars.last_close >= 1 else 9)
    return [first, *(written(line[first - bars.first :], digits) for line in lines)]


def choose(asked: tuple[str, ...]) -> Chosen:
    """The indicators that may be had of those asked for; of too many the first ones."""
    found: dict[str, Indicator] = {}
    problems: dict[str, list[str]] = {}
    for text in asked:
        try:
            found[text] = admitted(parse_indicator(text), found)
        except IndicatorError as error:
            problems[text] = [error.parameter, str(error)]
    return Chosen(found, problems)


def admitted(indicator: Indicator, beside: dict[str, Indicator]) -> Indicator:
    """The indicator, if there is room for it beside others."""
    panes = sum(other.kind.pane == "own" for other in beside.values())
    if len(beside) >= MOST:
        raise IndicatorError(f"At most {MOST} indicators: take one off first.")
    if indicator.kind.pane == "own" and panes >= MOST_PANES:
        raise IndicatorError(f"At most {MOST_PANES} panes below the chart: take one off first.")
    return indicator


def written(line: Values, digits: int) -> Line:
    """Values as they travel: rounded, null where there is none."""
    return [None if np.isnan(value) else round(value, digits) for value in line.tolist()]
