"""A timeframe: how long a bar is, and which bar an instant belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.session import midnight, trading_day
from simulator.bar import NS_PER_MINUTE
from simulator.columns import BarColumns

_UNITS = {"Min": "Min", "T": "Min", "Hour": "Hour", "H": "Hour", "Day": "Day", "D": "Day"} | {
    "Week": "Week", "W": "Week", "Month": "Month", "M": "Month",
}  # fmt: skip
_ALLOWED = {"Min": range(1, 60), "Hour": range(1, 24), "Day": (1,), "Week": (1,), "Month": (1, 2, 3, 4, 6, 12)}


@dataclass(frozen=True, slots=True)
class Timeframe:
    """`amount` of `unit`, as Alpaca's historical bars take them."""

    amount: int
    unit: str

    @property
    def is_daily(self) -> bool:
        """Whether a bar spans whole sessions."""
        return self.unit in ("Day", "Week", "Month")

    def bars(self, columns: BarColumns) -> BarColumns:
        """The bars of this timeframe from minute bars, or from daily ones when `is_daily`."""
        if (self.amount, self.unit) == (1, "Min") or not len(columns):
            return columns
        if self.unit == "Min":
            return columns.grouped(columns.start - columns.start % (self.amount * NS_PER_MINUTE))
        if self.unit == "Hour":
            opened = day_starts(columns.start)
            return columns.grouped(columns.start - (columns.start - opened) % (self.amount * 60 * NS_PER_MINUTE))
        return columns.grouped(self._period_starts(day_starts(columns.start)))

    def _period_starts(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        starts = {int(day): midnight(self._first_day(trading_day(int(day)))) for day in np.unique(days)}
        return np.array([starts[int(day)] for day in days], dtype=np.int64)

    def _first_day(self, day: date) -> date:
        if self.unit == "Week":
            return day - timedelta(days=day.weekday())
        if self.unit == "Month":
            return day.replace(month=(day.month - 1) // self.amount * self.amount + 1, day=1)
        return day


def parse_timeframe(text: str) -> Timeframe | None:
    """None when Alpaca would refuse the text ("Market Data API", parameter timeframe)."""
    match = re.fullmatch(r"(\d+)([A-Za-z]+)", text)
    # Some clients write small letters; but a small m could be either of two.
    unit = _UNITS.get(match[2]) or _UNITS.get(match[2].capitalize() if match[2] != "m" else "") if match else None
    if match is None or unit is None or int(match[1]) not in _ALLOWED[unit]:
        return None
    return Timeframe(int(match[1]), unit)


def day_starts(stamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """The New York midnight before each of the growing stamps; the array is not empty."""
    first, last = trading_day(int(stamps[0])), trading_day(int(stamps[-1]))
    days = [midnight(first + timedelta(days=offset)) for offset in range((last - first).days + 1)]
    midnights = np.array(days, dtype=np.int64)
    return midnights[np.searchsorted(midnights, stamps, side="right") - 1]
