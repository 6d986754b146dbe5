"""The margin of an account: what its positions are worth, what its orders hold, and what it may still buy.

Source: "Margin and Short Selling": with multiplier 2 (Regulation T) half of a position is paid, with 4 a quarter, with 1 all
of it. Coins are paid in full.
"""

from __future__ import annotations

from decimal import Decimal

from simulator.client_order import STOPS, ClientOrder
from simulator.order import Side
from simulator.prices import Prices
from simulator.trader import Trader

MAINTENANCE = Decimal("0.3")
SHORT_COLLAR = Decimal("1.03")  # a short sale is taken as one at the ask and 3 % above
COLLAR_BELOW_50, COLLAR = Decimal("1.04"), Decimal("1.025")  # a market order to buy may cost that much more


class Margin:
    """The account's figures at one moment, in USD; the value of short positions is below 0."""

    def __init__(self, trader: Trader, prices: Prices) -> None:
        self._trader, self._prices = trader, prices
        self.multiplier = trader.multiplier
        positions = trader.ledger.positions.values()
        values = {position.symbol: position.qty * prices.last(position.symbol) for position in positions}
        self.long_value = sum((value for value in values.values() if value > 0), Decimal(0))
        self.short_value = sum((value for value in values.values() if value < 0), Decimal(0))
        self.cash = trader.ledger.cash
        self.equity = self.cash + self.long_value + self.short_value
        self.gross_value = self.long_value - self.short_value
        coins = sum((value for symbol, value in values.items() if "/" in symbol), Decimal(0))
        self.initial = (self.gross_value - coins) / self.multiplier + coins
        self.maintenance = (self.gross_value - coins) * MAINTENANCE + coins

    def held(self) -> Decimal:
        """What the open orders that add to positions hold back."""
        found = (order for order in self._trader.open_orders.values() if order.opens)
        values = (buying_power_of(order, self._prices, order.remaining, self.multiplier) for order in found)
        return sum(values, Decimal(0))

    def excess(self) -> Decimal:
        """What the equity that no position and no open order needs can buy; below 0 when there is too little."""
        return self.multiplier * (self.equity - self.initial) - self.held()

    def buying_power(self) -> Decimal:
        """What may still be bought, or sold short."""
        return max(Decimal(0), self.excess())


def buying_power_of(order: ClientOrder, prices: Prices, qty: Decimal, multiplier: int) -> Decimal:
    """What `qty` shares of an order take of the buying power: what has no credit takes `multiplier` times its value."""
    return order_value(order, prices, qty) * (multiplier if order.asset_class == "crypto" else 1)


def order_value(order: ClientOrder, prices: Prices, qty: Decimal) -> Decimal:
    """What `qty` shares of an order hold back: the limit, or the market with room for it to move."""
    if order.sign is Side.SELL:
        ask = prices.best(order.symbol, Side.SELL) or prices.last(order.symbol)
        return max(order.limit_price or order.stop_price or Decimal(0), ask * SHORT_COLLAR) * qty
    if order.notional is not None:
        return order.notional
    if order.worst_price is not None:
        return order.worst_price * qty
    price = prices.reference(order.symbol, Side.BUY)
    if order.order_type in STOPS and order.stop_price is not None:
        price = max(price, order.stop_price)
    return price * (COLLAR_BELOW_50 if price < 50 else COLLAR) * qty
