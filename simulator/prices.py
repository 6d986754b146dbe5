"""Prices: what the trading side reads off the market to value positions and orders."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.session import midnight, trading_day
from simulator.columns import BarColumns
from simulator.market import Market
from simulator.order import Side
from simulator.record import Record


def usd(price: float) -> Decimal:
    """The number as it is written, not as binary fractions have it."""
    return Decimal(str(price))


class Prices:
    """Of several markets on one clock, now. No two have a symbol in common."""

    def __init__(self, *markets: Market) -> None:
        self._market = markets[0]
        self._markets = {symbol: market for market in markets for symbol in market.listings}
        self._closes: dict[tuple[str, date], Decimal] = {}

    def _record(self, symbol: str) -> Record | None:
        market = self._markets.get(symbol)
        return market.records[symbol] if market is not None else None

    def last(self, symbol: str) -> Decimal:
        """The last trade's price; before the first one the middle of the quote, else 0."""
        record = self._record(symbol)
        trade = record.last_trade if record is not None else None
        if trade is not None:
            return usd(trade.price)
        bid, ask = self.best(symbol, Side.BUY), self.best(symbol, Side.SELL)
        return (bid + ask) / 2 if bid and ask else bid or ask

    def bars(self, symbol: str) -> tuple[BarColumns, BarColumns]:
        """Days and then minutes, as far as they are known."""
        record = self._record(symbol)
        return (record.earlier_days, record.minutes()) if record else (BarColumns.empty(), BarColumns.empty())

    def best(self, symbol: str, side: Side) -> Decimal:
        """The best bid (of buyers) or ask (of sellers); 0 for an empty side."""
        record = self._record(symbol)
        if record is None or record.quote is None:
            return Decimal(0)
        return usd(record.quote.bid_price if side is Side.BUY else record.quote.ask_price)

    def reference(self, symbol: str, side: Side) -> Decimal:
        """What an order of a side would trade at: the far side's best price, else the last one."""
        market = self._markets.get(symbol, self._market)
        return (self.best(symbol, side.opposite) if market.is_open() else Decimal(0)) or self.last(symbol)

    def last_day(self, symbol: str) -> Decimal:
        """The close of the day before today (New York); without one the last price."""
        today = trading_day(self._market.now())
        if (symbol, today) not in self._closes:
            found = self._close_before(symbol, midnight(today))
            if found is None:
                return self.last(symbol)
            self._closes[symbol, today] = found
        return self._closes[symbol, today]

    def _close_before(self, symbol: str, moment: int) -> Decimal | None:
        record = self._record(symbol)
        if record is None:
            return None
        for bars in (record.minutes(), record.earlier_days):
            earlier = bars.between(0, moment - 1)
            if len(earlier):
                return usd(round(float(earlier.close[-1]), 2))
        return None
