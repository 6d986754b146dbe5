"""The backfill: the one way back. A start, a reconnect and a restart after a crash all read history by the same lines.

Minutes before `start` come as Alpaca's bars, everything from `start` on as trades. The trades are asked for after the
stream was subscribed, so that together they miss none; what comes twice is dropped by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from broker.history import History
from domain.bar import Bars
from domain.interval import bar_start
from domain.session import NS_PER_SECOND
from domain.tick import Records

MINUTE_NS: Final = 60 * NS_PER_SECOND
DAY_NS: Final = 86_400 * NS_PER_SECOND

HISTORY_DAYS: Final = 7
"""Minute bars at a first start: five sessions and a weekend."""

DAILY_DAYS: Final = 400
FRESH_TRADES_NS: Final = 5 * MINUTE_NS
"""At a first start the trades of the last five minutes are read, so that the seconds begin with something to look at."""

LONGEST_TRADES_NS: Final = 30 * MINUTE_NS
"""A longer gap is filled with minute bars, and only its end with trades."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask for, in nanoseconds UTC: trades from `start` on, minute bars from `minutes_from`, daily bars from `days_from`."""

    start: int
    minutes_from: int
    days_from: int


@dataclass(frozen=True, slots=True)
class Filling:
    """What history answered, by symbol."""

    plan: Plan
    minutes: dict[str, Bars]
    days: dict[str, Bars]
    trades: dict[str, Records]


def plan(now: int, covered_until: int, complete: bool) -> Plan:
    """The plan at market time `now`, if everything before `covered_until` (0 = nothing) is known already.

    `complete` says whether every symbol has its history; if not, all of it is read again.
    """
    this_minute = bar_start(now, "1Min")
    known_until = bar_start(covered_until, "1Min") if 0 < covered_until <= now else 0
    start = max(known_until, this_minute - LONGEST_TRADES_NS) if known_until else this_minute - FRESH_TRADES_NS
    minutes_from = known_until if known_until and complete else now - HISTORY_DAYS * DAY_NS
    return Plan(start, minutes_from, now - DAILY_DAYS * DAY_NS)


def read(history: History, symbols: tuple[str, ...], todo: Plan) -> Filling:
    """Ask history. Blocks; raises HistoryError or RefusedError. Minutes after `start` are there too: what is built is compared."""
    trades = history.trades(symbols, todo.start)
    minutes = history.bars(symbols, "1Min", min(todo.minutes_from, todo.start))
    return Filling(todo, minutes, history.bars(symbols, "1Day", todo.days_from), trades)
