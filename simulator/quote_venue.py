"""The venue of a tape: orders are filled at the tape's best quote, and the tape knows nothing of them.

The fill model "best quote". An order that can trade at the opposite best price is filled there, also one that rested
and has been reached. The size that a quote shows is there once for all orders; more comes with the next quote.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from simulator.client_order import ClientOrder
from simulator.market import Market
from simulator.order import Side
from simulator.prices import usd
from simulator.quote import Quote
from simulator.quote_orders import QuoteOrders
from simulator.venue import VenueFill


class _Shown:
    """What is left of the sizes that one quote shows."""

    def __init__(self, quote: Quote) -> None:
        self.quote = quote
        self._left = {Side.BUY: Decimal(quote.bid_size), Side.SELL: Decimal(quote.ask_size)}

    def offers(self, order: ClientOrder) -> tuple[Decimal, Decimal]:
        """Price and shares that the order could have now; no shares when the price is beyond its limit."""
        quote, far = self.quote, order.sign.opposite
        price = usd(quote.bid_price if far is Side.BUY else quote.ask_price)
        limit = order.worst_price
        reached = price > 0 and (limit is None or (price - limit) * order.sign <= 0)
        return price, self._left[far] if reached else Decimal(0)

    def use(self, order: ClientOrder, qty: Decimal) -> None:
        self._left[order.sign.opposite] -= qty


class QuoteVenue(QuoteOrders):
    """Orders of one symbol are served by price, then by age."""

    def __init__(self, market: Market) -> None:
        super().__init__()
        self._market = market
        self._shown: dict[str, _Shown] = {}

    def place(self, order: ClientOrder, qty: Decimal) -> None:
        """At the last quote's best price, then at the next ones'."""
        quote = self._market.records[order.symbol].quote
        if quote is not None and (order.time_in_force != "fok" or self._show(quote).offers(order)[1] >= qty):
            qty -= self._fill(order, qty, self._show(quote))
        if qty and order.may_rest:
            self._rest(order, qty)

    def _serve(self, quote: Quote) -> None:
        shown = self._show(quote)
        for order, qty in by_price(self._working[quote.symbol].values()):
            filled = self._fill(order, qty, shown)
            if filled:
                self._settle(order, qty, filled)

    def _settle(self, order: ClientOrder, qty: Decimal, filled: Decimal) -> None:
        """What is left of an order goes on working."""
        working = self._working[order.symbol]
        if filled == qty:
            del working[order.order_id]
        else:
            working[order.order_id] = (order, qty - filled)

    def _show(self, quote: Quote) -> _Shown:
        shown = self._shown.get(quote.symbol)
        if shown is None or shown.quote is not quote:
            shown = self._shown[quote.symbol] = _Shown(quote)
        return shown

    def _fill(self, order: ClientOrder, qty: Decimal, shown: _Shown) -> Decimal:
        price, there = shown.offers(order)
        filled = min(qty, there)
        if filled:
            shown.use(order, filled)
            self._fills.append(VenueFill(order.order_id, filled, price, shown.quote.ts_event))
        return filled


def by_price(working: Iterable[tuple[ClientOrder, Decimal]]) -> list[tuple[ClientOrder, Decimal]]:
    """Market orders first, then the most generous limits; at one price the older."""

    def rank(entry: tuple[ClientOrder, Decimal]) -> tuple[bool, Decimal, int]:
        order, _ = entry
        return order.worst_price is not None, -(order.worst_price or Decimal(0)) * order.sign, order.sequence

    return sorted(working, key=rank)
