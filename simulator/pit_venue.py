"""The venue of the generated market: clients' orders stand in the pits beside the crowd's."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.generated import GeneratedMarket
from simulator.message import Message
from simulator.order import TICKS_PER_DOLLAR, Fill, Side
from simulator.pit import Pit
from simulator.venue import VenueFill

ANY_PRICE = 10**12  # ticks: what a market order to buy would pay


class PitVenue:
    """Price first, then time, whoever owns an order; every fill is a public trade. Only whole lots have room here."""

    def __init__(self, source: GeneratedMarket) -> None:
        self._source = source
        self._client_orders: dict[tuple[str, int], UUID] = {}
        self._standing: dict[UUID, tuple[str, int]] = {}
        self._visited: dict[str, Pit] = {}

    def place(self, order: ClientOrder, qty: Decimal) -> None:
        """A market order that may rest takes what arrives until it is filled."""
        pit = self._visited[order.symbol] = self._source.pits[order.symbol]
        price, shares = _ticks(order), int(qty / pit.listing.unit)
        if order.time_in_force == "fok" and pit.book.within(order.sign, price, str(order.account_id)) < shares:
            return
        rests = order.may_rest and order.worst_price is not None
        waits = order.may_rest and not rests
        owner = str(order.account_id)
        placed = self._source.place(order.symbol, owner, order.sign, price, shares, rests=rests, waits=waits)
        place = (order.symbol, placed.order_id)
        self._client_orders[place], self._standing[order.order_id] = order.order_id, place

    def withdraw(self, order_id: UUID) -> None:
        """Out of the book."""
        place = self._standing.pop(order_id, None)
        if place is not None:
            self._source.withdraw(*place)
            del self._client_orders[place]

    def succeed(self, old_id: UUID, order: ClientOrder) -> bool:
        """Fewer shares in the same place of the queue."""
        place, unit = self._standing.get(old_id), self._source.pits[order.symbol].listing.unit
        if place is None or not self._source.shrink(*place, int(order.remaining / unit)):
            return False
        del self._standing[old_id]
        self._standing[order.order_id], self._client_orders[place] = place, order.order_id
        return True

    def take(self, messages: Sequence[Message]) -> None:
        """Nothing to do: the pits have filled what there was to fill."""

    def drain(self) -> list[VenueFill]:
        """The fills of clients' orders; a fill between two clients is one of each."""
        found = [
            fill
            for symbol, pit in self._visited.items()
            for moment, passed in pit.drain_fills()
            for fill in self._parts(symbol, moment, passed)
        ]
        found.sort(key=lambda fill: fill.ts_event)
        return found

    def drain_displaced(self) -> list[UUID]:
        """The orders that left the book because one of the same account would have met them."""
        found = (
            self._client_orders.get((symbol, order.order_id))
            for symbol, pit in self._visited.items()
            for order in pit.book.drain_displaced()
        )
        return [order_id for order_id in found if order_id is not None]

    def _parts(self, symbol: str, moment: int, passed: Fill) -> list[VenueFill]:
        owners = (self._client_orders.get((symbol, part.order_id)) for part in (passed.resting, passed.incoming))
        price = Decimal(passed.price) / TICKS_PER_DOLLAR
        qty = passed.quantity * self._source.pits[symbol].listing.unit
        return [VenueFill(found, qty, price, moment) for found in owners if found is not None]


def _ticks(order: ClientOrder) -> int:
    """The limit in ticks, rounded away from the market where it is finer than one."""
    if order.worst_price is None:
        return ANY_PRICE if order.sign is Side.BUY else 1
    rounding = ROUND_FLOOR if order.sign is Side.BUY else ROUND_CEILING
    return max(1, int((order.worst_price * TICKS_PER_DOLLAR).to_integral_value(rounding)))
