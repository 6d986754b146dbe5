"""The interval of a bar: its name (Alpaca's word), its length, and the instant at which the bar of a tick begins."""

from __future__ import annotations

from typing import Final

from domain.session import NS_PER_SECOND, midnight, trading_day

LENGTH_NS: Final[dict[str, int]] = {
    "1s": NS_PER_SECOND,
    "1Min": 60 * NS_PER_SECOND,
    "5Min": 300 * NS_PER_SECOND,
    "15Min": 900 * NS_PER_SECOND,
}

INTERVALS: Final = (*LENGTH_NS, "1Day")
"""Every interval the desk keeps, shortest first."""

TICK_INTERVALS: Final = ("1s", "1Min")
"""Built from ticks; the others follow from these or from history."""

DERIVED_INTERVALS: Final = ("5Min", "15Min")
"""Built from the bars of one minute."""


KEEP_BARS: Final = {"1s": 23_400, "1Min": 20_000, "5Min": 8_000, "15Min": 8_000, "1Day": 800}
"""Closed bars kept a symbol: a regular session of seconds, two weeks of minutes."""


def bar_start(ts_event: int, interval: str) -> int:
    """The first instant of the bar that `ts_event` belongs to; a day begins at midnight in New York."""
    if interval == "1Day":
        return midnight(trading_day(ts_event))
    return ts_event - ts_event % LENGTH_NS[interval]
