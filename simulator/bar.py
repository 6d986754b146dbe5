"""A bar: what the trades of an interval come to."""

from __future__ import annotations

import msgspec

from simulator.trade import Trade

NS_PER_MINUTE = 60_000_000_000


class Bar(msgspec.Struct, frozen=True, gc=False):
    """The bar of a minute; `start` is the stamp, prices in USD, `volume` in shares or coins."""

    symbol: str
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    trade_count: int
    vwap: float


class DailyBar(Bar, frozen=True, gc=False):
    """The bar of a session so far, stamped with the New York midnight that began it."""


class UpdatedBar(Bar, frozen=True, gc=False):
    """The bar of a minute that has been sent before and was changed by a trade that came late."""


def minute_of(ts_event: int) -> int:
    """The start of the minute an instant belongs to."""
    return ts_event - ts_event % NS_PER_MINUTE


def bar_of(trades: list[Trade]) -> Bar:
    """The bar of one minute's trades, given in the order of the tape; the list is not empty."""
    prices = [trade.price for trade in trades]
    volume = sum(trade.size for trade in trades)
    turnover = sum(trade.price * trade.size for trade in trades)
    return Bar(
        symbol=trades[0].symbol,
        start=minute_of(trades[0].ts_event),
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        volume=volume,
        trade_count=len(trades),
        vwap=round(turnover / volume, 6),
    )
