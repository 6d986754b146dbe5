"""The facts of a market, computed by one code from a tape and from generated hours.

Everything is taken from what a client could see, in the order of events; only the taker's side of a stock's print is
not on the wire, so it is handed in: a tape tells the side that rested, a pit knows who arrived.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NS = 1_000_000_000
LAGS = (1, 2, 5, 10, 50)
Floats = NDArray[np.float64]


@dataclass
class Events:
    """Columns of one symbol: quotes, and trades with the number of quotes that came before each."""

    quotes: list[tuple[int, float, float]] = field(default_factory=list)
    trades: list[tuple[int, float, float, int, int]] = field(default_factory=list)

    def quote(self, ts_event: int, bid: float, ask: float) -> None:
        """One change of the best bid and ask."""
        self.quotes.append((ts_event, bid, ask))

    def trade(self, ts_event: int, price: float, size: float, taker: int) -> None:
        """One print; `taker` is 1 when a buyer arrived, -1 when a seller did."""
        self.trades.append((ts_event, price, size, taker, len(self.quotes)))


@dataclass(frozen=True)
class Facts:
    """Spreads in USD and basis points, sizes in shares, returns of the last trade's price on whole 10 s and minutes."""

    spread_05: float
    spread_50: float
    spread_95: float
    spread_bps: float
    trades_a_second: float
    gap_variation: float
    quotes_a_trade: float
    size_50: float
    size_90: float
    size_99: float
    share_of_100: float
    at_bid: float
    inside: float
    at_ask: float
    sign_lag_1: float
    sign_lag_2: float
    sign_lag_5: float
    sign_lag_10: float
    sign_lag_50: float
    kurtosis_10s: float
    autocorrelation_10s: float
    absolute_autocorrelation_10s: float
    volatility_1min_bps: float

    def values(self) -> dict[str, float]:
        """By name."""
        return asdict(self)


def read_events(tape: Path) -> Events:
    """The events of a gzip CSV tape with one symbol."""
    found = Events()
    with gzip.open(tape, "rt") as lines:
        rows: Iterable[Any] = pd.read_csv(lines).itertuples()
        for row in rows:
            if row.kind == "q":
                found.quote(row.ts_ns, row.bid, row.ask)
            else:
                found.trade(row.ts_ns, row.price, row.size, -int(row.resting_side))
    return found


def facts_of(events: Events) -> Facts:
    """All facts of one stretch of one symbol."""
    quotes = np.array(events.quotes, dtype=np.float64).reshape(-1, 3)
    moments = np.array([row[0] for row in events.quotes], dtype=np.int64)
    times = np.array([row[0] for row in events.trades], dtype=np.int64)
    columns = np.array([row[1:] for row in events.trades], dtype=np.float64)
    price, size, sign, before = columns.T
    gaps = np.diff(times) / NS
    signs = [correlation(sign, lag) for lag in LAGS]
    numbers = (
        *_spreads(moments, quotes),
        len(times) / ((times[-1] - times[0]) / NS),
        float(gaps.std() / gaps.mean()),
        len(quotes) / len(times),
        *np.quantile(size, (0.5, 0.9, 0.99)).tolist(),
        float((size == 100).mean()),
        *_places(quotes, price, before.astype(np.int64)),
        *signs,
        *_returns(times, price),
    )
    return Facts(**dict(zip(Facts.__dataclass_fields__, numbers, strict=True)))


def _spreads(moments: NDArray[np.int64], quotes: Floats) -> tuple[float, ...]:
    """Percentiles over the quotes, and the mean over time in basis points."""
    whole = (quotes[:, 1] > 0) & (quotes[:, 2] > 0)
    spread, middle = quotes[:, 2] - quotes[:, 1], (quotes[:, 2] + quotes[:, 1]) / 2
    stood = np.diff(moments, append=moments[-1]) * whole
    relative = np.divide(spread, middle, out=np.zeros(len(quotes)), where=whole)
    quantiles = np.quantile(spread[whole], (0.05, 0.5, 0.95))
    return *(float(round(found, 4)) for found in quantiles), float(relative @ stood / stood.sum() * 1e4)


def _places(quotes: Floats, price: Floats, before: NDArray[np.int64]) -> tuple[float, float, float]:
    """The shares of prints at or below the bid, inside, at or above the ask of the quote before each."""
    known = before > 0
    found = quotes[before[known] - 1]
    at_bid, at_ask = price[known] <= found[:, 1] + 1e-9, price[known] >= found[:, 2] - 1e-9
    return float(at_bid.mean()), float((~at_bid & ~at_ask).mean()), float(at_ask.mean())


def correlation(values: Floats, lag: int) -> float:
    """The autocorrelation at a lag."""
    away = values - values.mean()
    variance = float((away**2).mean())
    return float((away[lag:] * away[:-lag]).mean() / variance) if variance and len(values) > lag else 0.0


def kurtosis(values: Floats) -> float:
    """The excess kurtosis, without bias for a normal sample."""
    n, away = len(values), values - values.mean()
    plain = float((away**4).mean() / (away**2).mean() ** 2) - 3
    return ((n + 1) * plain + 6) * (n - 1) / ((n - 2) * (n - 3))


def _returns(times: NDArray[np.int64], price: Floats) -> tuple[float, float, float, float]:
    ten = _series(times, price, 10)
    return (
        kurtosis(ten),
        correlation(ten, 1),
        correlation(np.abs(ten), 1),
        float(_series(times, price, 60).std() * 1e4),
    )


def _series(times: NDArray[np.int64], price: Floats, step_s: int) -> Floats:
    """Logarithmic returns of the last price at every whole step of the clock; nothing traded is no move."""
    step = step_s * NS
    grid = np.arange(times[0] // step + 1, times[-1] // step + 2) * step
    last = price[np.searchsorted(times, grid, side="left") - 1]
    return np.diff(np.log(last))
