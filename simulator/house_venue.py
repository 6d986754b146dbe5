"""The house: fills what no book has room for, as a broker does out of its own pocket.

Parts of shares and of lots, orders for an amount of money, and orders in extended hours, when nobody else trades.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from simulator.client_order import ClientOrder
from simulator.market import Market
from simulator.order import Side
from simulator.prices import usd
from simulator.quote import Quote
from simulator.quote_orders import QuoteOrders
from simulator.venue import VenueFill

SMALLEST = Decimal("1e-9")  # "Trading API": quantities have at most nine decimals


class HouseVenue(QuoteOrders):
    """Each order is filled whole at the best opposite price as soon as that is within its limit; nothing is printed."""

    def __init__(self, market: Market) -> None:
        super().__init__()
        self._market = market

    def place(self, order: ClientOrder, qty: Decimal) -> None:
        """At the last quote, or at one of the next."""
        quote = self._market.records[order.symbol].quote
        moment = self._market.source.played_until
        filled = quote is not None and self._fill(order, qty, quote, moment)
        if not filled and order.may_rest:
            self._rest(order, qty)

    def _serve(self, quote: Quote) -> None:
        working = self._working[quote.symbol]
        for order, qty in list(working.values()):
            if self._fill(order, qty, quote, quote.ts_event):
                del working[order.order_id]

    def _fill(self, order: ClientOrder, qty: Decimal, quote: Quote, moment: int) -> bool:
        price = usd(quote.ask_price if order.sign is Side.BUY else quote.bid_price)
        limit = order.worst_price
        if not price or (limit is not None and (price - limit) * order.sign > 0):
            return False
        if order.notional is not None:
            qty = (order.notional / price).quantize(SMALLEST, ROUND_DOWN)
        self._fills.append(VenueFill(order.order_id, qty, price, moment))
        return True
