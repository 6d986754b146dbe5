"""The interval of a bar: its name (Alpaca's word), its length, and the instant at which the bar of a tick begins."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.session import NS_PER_SECOND, midnight, trading_day

LENGTH_NS: Final[dict[str, int]] = {
    "1s": NS_PER_SECOND,
    "5s": 5 * NS_PER_SECOND,
    "1Min": 60 * NS_PER_SECOND,
    "5Min": 300 * NS_PER_SECOND,
    "15Min": 900 * NS_PER_SECOND,
    "1Hour": 3_600 * NS_PER_SECOND,
}
"""Every interval of a fixed length; each is a whole number of those before it."""

INTERVALS: Final = (*LENGTH_NS, "1Day")
"""Every interval the desk keeps, shortest first."""

TICK_INTERVALS: Final = ("1s", "5s", "1Min")
"""Built from ticks; the others follow from these or from history."""

DERIVED_INTERVALS: Final = ("5Min", "15Min", "1Hour")
"""Built from the bars of one minute."""

KEEP_BARS: Final = {
    "1s": 23_400,
    "5s": 23_400,
    "1Min": 20_000,
    "5Min": 8_000,
    "15Min": 8_000,
    "1Hour": 4_000,
    "1Day": 800,
}
"""Closed bars kept a symbol: a regular session of seconds, a week of 5 s, two weeks of minutes, half a year of hours."""


def bar_start(ts_event: int, interval: str) -> int:
    """The first instant of the bar that `ts_event` belongs to; a day begins at midnight in New York."""
    if interval == "1Day":
        return midnight(trading_day(ts_event))
    return ts_event - ts_event % LENGTH_NS[interval]


def bar_starts(times: NDArray[np.int64], interval: str) -> NDArray[np.int64]:
    """The same of each of some instants."""
    if interval == "1Day":
        hours, which = np.unique(times // LENGTH_NS["1Hour"], return_inverse=True)  # a day begins at a full hour
        days = [bar_start(hour * LENGTH_NS["1Hour"], interval) for hour in hours.tolist()]
        return np.array(days, np.int64)[which]
    return times // LENGTH_NS[interval] * LENGTH_NS[interval]


def bar_end(start: int, interval: str) -> int:
    """The first instant after the bar that begins at `start`; a day ends at the midnight in New York after its noon.

    (Alpaca stamps the days of crypto with midnight UTC; they end at the New York midnight that follows theirs.)
    """
    if interval == "1Day":
        return midnight(trading_day(start + 36 * LENGTH_NS["1Hour"]))
    return start + LENGTH_NS[interval]
