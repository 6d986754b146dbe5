"""The values of an indicator, by TA-Lib: one array a line, as long as the bars, NaN where there is no value yet.

A value is there from the bar on at which TA-Lib has one; nothing is guessed before. VWAP is not one of TA-Lib's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import talib
from numpy.typing import NDArray

from domain.indicator import Indicator

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Before:
    """What was traded in the first bar's session before the instant `until` (ns); `notional` is price times size, summed.

    `until` is beyond every bar where that is not known: the first session then has no VWAP.
    """

    notional: float = 0.0
    volume: float = 0.0
    until: int = 0


UNKNOWN: Final = Before(until=np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Columns:
    """Consecutive bars, oldest first; `start` in ns, `session` any number that is another one in another session."""

    start: NDArray[np.int64]
    session: NDArray[np.int64]
    high: Values
    low: Values
    close: Values
    volume: Values
    notional: Values
    before: Before = UNKNOWN


Compute = Callable[..., list[Values]]


def values(indicator: Indicator, bars: Columns) -> list[Values]:
    """The lines of an indicator over all of `bars`, in the order of its kind's lines."""
    if not len(bars.close):
        return [np.zeros(0) for _ in indicator.kind.lines]
    return COMPUTE[indicator.kind.word](bars, *indicator.values)


def _sma(bars: Columns, period: float) -> list[Values]:
    return [talib.SMA(bars.close, int(period))]


def _ema(bars: Columns, period: float) -> list[Values]:
    return [talib.EMA(bars.close, int(period))]


def _bollinger(bars: Columns, period: float, width: float) -> list[Values]:
    return list(talib.BBANDS(bars.close, int(period), width, width))


def _rsi(bars: Columns, period: float) -> list[Values]:
    return [talib.RSI(bars.close, int(period))]


def _macd(bars: Columns, fast: float, slow: float, signal: float) -> list[Values]:
    return list(talib.MACD(bars.close, int(fast), int(slow), int(signal)))


def _atr(bars: Columns, period: float) -> list[Values]:
    return [talib.ATR(bars.high, bars.low, bars.close, int(period))]


def _volume_average(bars: Columns, period: float) -> list[Values]:
    return [talib.SMA(bars.volume, int(period))]


def _volume_profile(bars: Columns, rows: float) -> list[Values]:
    return []  # of the bars in view, which the page alone knows


def _vwap(bars: Columns) -> list[Values]:
    """Money by shares since the session began, at the end of each bar."""
    counts = bars.start >= bars.before.until  # of the first session; later ones are whole
    first = bars.session == bars.session[0]
    counted = counts | ~first
    notional, volume = np.where(counted, bars.notional, 0.0), np.where(counted, bars.volume, 0.0)
    begins = np.flatnonzero(np.diff(bars.session, prepend=bars.session[0] - 1))
    notional, volume = since(notional, begins), since(volume, begins)
    notional[first] += bars.before.notional
    volume[first] += bars.before.volume
    known = counted & (volume > 0)
    return [np.divide(notional, volume, out=np.full(len(volume), np.nan), where=known)]


def since(column: Values, begins: NDArray[np.intp]) -> Values:
    """The running sum of a column that begins anew at each of some places, the first of which is 0."""
    total = np.cumsum(column)
    lengths = np.diff(begins, append=len(column))
    earlier = np.concatenate([[0.0], total[begins[1:] - 1]])
    summed: Values = total - np.repeat(earlier, lengths)
    return summed


COMPUTE: Final[dict[str, Compute]] = {
    "sma": _sma,
    "ema": _ema,
    "vwap": _vwap,
    "bollinger": _bollinger,
    "volume_average": _volume_average,
    "volume_profile": _volume_profile,
    "rsi": _rsi,
    "macd": _macd,
    "atr": _atr,
}
