"""Orders that wait for quotes: those that may rest, by symbol, until a quote reaches them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.message import Message
from simulator.quote import Quote
from simulator.venue import VenueFill


class QuoteOrders(ABC):
    """Keeps orders with what is left of each, and the fills until they are fetched; how a quote serves them is its venue's."""

    def __init__(self) -> None:
        self._working: dict[str, dict[UUID, tuple[ClientOrder, Decimal]]] = {}
        self._fills: list[VenueFill] = []

    def withdraw(self, order_id: UUID) -> None:
        """Not served any more."""
        for working in self._working.values():
            working.pop(order_id, None)

    def succeed(self, old_id: UUID, order: ClientOrder) -> bool:
        """An order for fewer shares takes another's place; False when that one does not work here."""
        working = self._working.get(order.symbol, {})
        if old_id not in working:
            return False
        working[old_id] = (order, order.remaining)
        self._working[order.symbol] = {each.order_id: (each, qty) for each, qty in working.values()}
        return True

    def take(self, messages: Sequence[Message]) -> None:
        """Serves the orders that each quote reaches."""
        if any(self._working.values()):
            for quote in messages:
                if isinstance(quote, Quote) and self._working.get(quote.symbol):
                    self._serve(quote)

    def drain(self) -> list[VenueFill]:
        """The fills since the last call, in order."""
        fills, self._fills = self._fills, []
        return fills

    def drain_displaced(self) -> list[UUID]:
        """None: orders here trade with the market, never with each other."""
        return []

    def _rest(self, order: ClientOrder, qty: Decimal) -> None:
        self._working.setdefault(order.symbol, {})[order.order_id] = (order, qty)

    @abstractmethod
    def _serve(self, quote: Quote) -> None:
        """Serve the orders of the quote's symbol, of which there are some."""
