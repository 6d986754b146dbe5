"""The venue of a tape with queues: an order waits behind the shares that were shown at its price when it came.

The fill model "queue-aware". What an order can trade with at once it has at the best quote, as in the model "best quote".
Resting, it is last in the queue at its price: prints there are taken off the shares before it, and only what is left of a
print is the order's; so are prints beyond its price, which would have come to it first. Nobody knows where in the queue
others cancel: the shares before an order are never more than what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.market import Market
from simulator.message import Message
from simulator.order import Side
from simulator.prices import usd
from simulator.quote import Quote
from simulator.quote_venue import QuoteVenue, by_price
from simulator.trade import Trade
from simulator.venue import VenueFill

NOBODY = Decimal(0)


class QueueVenue(QuoteVenue):
    """Orders of one symbol are served by price, then by age; two at one price share a print."""

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        # None: the price was behind the best one, whose size is all that a quote shows.
        self._ahead: dict[UUID, Decimal | None] = {}

    def place(self, order: ClientOrder, qty: Decimal) -> None:
        """At the last quote's best price as far as it goes; the rest joins the queue at its price."""
        super().place(order, qty)
        quote = self._market.records[order.symbol].quote
        if order.order_id in self._working.get(order.symbol, ()):
            self._ahead[order.order_id] = _shown_at(order, quote) if quote is not None else None

    def withdraw(self, order_id: UUID) -> None:
        """Out of the queue."""
        super().withdraw(order_id)
        self._ahead.pop(order_id, None)

    def succeed(self, old_id: UUID, order: ClientOrder) -> bool:
        """Fewer shares in the same place of the queue."""
        ahead = self._ahead.get(old_id)
        if not super().succeed(old_id, order):
            return False
        self._ahead.pop(old_id, None)
        self._ahead[order.order_id] = ahead
        return True

    def take(self, messages: Sequence[Message]) -> None:
        """Serves the orders that each print and each quote reaches, in the order of the tape."""
        for message in messages:
            if isinstance(message, Quote | Trade) and self._working.get(message.symbol):
                if isinstance(message, Quote):
                    self._serve(message)
                elif message.is_valid:
                    self._print(message)

    def _serve(self, quote: Quote) -> None:
        super()._serve(quote)
        for order, _ in self._working[quote.symbol].values():
            self._ahead[order.order_id] = _still_ahead(self._ahead.get(order.order_id), _shown_at(order, quote))

    def _print(self, trade: Trade) -> None:
        """A print is there once: who is first takes from it first."""
        price, left = usd(trade.price), {side: Decimal(str(trade.size)) for side in Side}
        for order, qty in by_price(self._working[trade.symbol].values()):
            limit = order.worst_price
            if limit is None or (price - limit) * order.sign > 0:
                continue
            ahead = self._ahead.get(order.order_id) if price == limit else NOBODY
            if ahead is None:
                continue  # nobody knows how many were before it
            if price == limit:
                self._ahead[order.order_id] = max(NOBODY, ahead - Decimal(str(trade.size)))
            filled = min(qty, max(NOBODY, left[order.sign] - ahead))
            if filled:
                left[order.sign] -= filled
                self._settle(order, qty, filled)
                self._fills.append(VenueFill(order.order_id, filled, limit, trade.ts_event))


def _shown_at(order: ClientOrder, quote: Quote) -> Decimal | None:
    """The shares shown at an order's price: none where it is better than the best, unknown where it is behind."""
    price = usd(quote.bid_price if order.sign is Side.BUY else quote.ask_price)
    size = quote.bid_size if order.sign is Side.BUY else quote.ask_size
    if order.worst_price is None or not price or (order.worst_price - price) * order.sign > 0:
        return NOBODY
    return Decimal(str(size)) if order.worst_price == price else None


def _still_ahead(before: Decimal | None, shown: Decimal | None) -> Decimal | None:
    """Those who left were before it, as far as what is shown says so; those who came are behind it."""
    if before is None or shown is None:
        return shown if before is None else before
    return min(before, shown)
