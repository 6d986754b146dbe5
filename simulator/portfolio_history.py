"""The history of an account: what it was worth at the ends of windows of time, from its fills and the prices since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from domain.session import trading_day
from simulator.columns import BarColumns
from simulator.portfolio_query import DAY_NS, PortfolioQuery, Window
from simulator.trader import Trader
from simulator.wire_fields import Fields

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Closes = tuple[Ints, Floats]
"""Instants and the prices from then on."""


class PortfolioHistory:
    """`closes_of` gives a symbol's prices, which may be none."""

    def __init__(self, trader: Trader, equity_now: Decimal, now: int, closes_of: Callable[[str], Closes]) -> None:
        self._trader, self._now, self._closes_of = trader, now, closes_of
        self._equity_now = float(equity_now)

    def equity(self, moments: Sequence[int]) -> Floats:
        """USD at growing instants: cash and positions at the last price before each; now exactly as the account says."""
        wanted = np.asarray(moments, dtype=np.int64)
        executions = self._trader.executions
        times = np.array([each.ts_event for each in executions], dtype=np.int64)
        signed = np.array([float(each.qty) * int(each.sign) for each in executions])
        prices = np.array([float(each.price) for each in executions])
        worth = float(self._trader.row.cash) - _running(times, signed * prices, wanted)
        for symbol in {each.symbol for each in executions}:
            own = np.array([each.symbol == symbol for each in executions])
            held = _running(times[own], signed[own], wanted)
            worth += held * self._prices(symbol, (times[own], prices[own]), wanted)
        return np.where(wanted >= self._now, self._equity_now, worth)

    def _prices(self, symbol: str, paid: Closes, wanted: Ints) -> Floats:
        """The last price of the market before each instant; where it has none, what was paid."""
        moments, prices = self._closes_of(symbol)
        if not len(moments):
            moments, prices = paid
        return prices[np.maximum(np.searchsorted(moments, wanted, side="right") - 1, 0)]

    def answer(self, query: PortfolioQuery, windows: Sequence[Window]) -> Fields:
        """The whole body. Windows from before the account was opened are left out."""
        created = min(self._trader.row.created_at, self._now)
        known = [window for window in windows if window.ends_at >= created]
        equity = self.equity([window.ends_at for window in known])
        based_at = max(known[0].resets_at, created) if known else created
        (base,) = self.equity([based_at])
        bases = np.full(len(known), base)
        if query.resets and not query.is_daily:
            bases = self.equity([max(window.resets_at, created) for window in known])
        gains = np.round(equity - bases, 2)
        return {
            "timestamp": [window.stamp // 10**9 for window in known],
            "equity": np.round(equity, 2).tolist(),
            "profit_loss": gains.tolist(),
            "profit_loss_pct": [
                round(gain / start, 6) if start else None
                for gain, start in zip(gains.tolist(), bases.tolist(), strict=True)
            ],
            "base_value": round(float(base), 2),
            "base_value_asof": trading_day(based_at).isoformat(),
            "timeframe": query.timeframe,
            "cashflow": {},
        }


def _running(times: Ints, amounts: Floats, wanted: Ints) -> Floats:
    """The sum of all amounts up to each instant."""
    sums = np.concatenate([[0.0], np.cumsum(amounts)])
    return sums[np.searchsorted(times, wanted, side="right")]


def closes_of(days: BarColumns, minutes: BarColumns) -> Closes:
    """The prices that bars tell, each from its end on."""
    moments = np.concatenate([days.start + DAY_NS, minutes.start + 60 * 10**9])
    order = np.argsort(moments, kind="stable")
    return moments[order], np.concatenate([days.close, minutes.close])[order]
