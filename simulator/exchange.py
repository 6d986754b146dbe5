"""An exchange: where some symbols trade, with their market, the venue of whole lots and the house for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.generated import GeneratedMarket
from simulator.house_venue import HouseVenue
from simulator.market import Market
from simulator.message import Message
from simulator.order_life import OrderLife
from simulator.pit_venue import PitVenue
from simulator.queue_venue import QueueVenue
from simulator.quote_venue import QuoteVenue
from simulator.venue import Venue, VenueFill

TAPE_VENUES: dict[str, Callable[[Market], Venue]] = {"quote": QuoteVenue, "queue": QueueVenue}


class Exchange:
    """Orders in a generated market stand in its pits; against a tape they are filled by the market's fill model."""

    def __init__(self, market: Market) -> None:
        source = market.source
        self.market = market
        generates = isinstance(source, GeneratedMarket)
        self._venue: Venue = (
            PitVenue(source) if isinstance(source, GeneratedMarket) else TAPE_VENUES[market.fill_model](market)
        )
        self._house = HouseVenue(market)
        # A tape tells of its own hours only: nothing is known of what came after them.
        self.life = OrderLife(source.hours, lambda: source.played_until, extended=generates)
        self.phase = self.life.phase()

    @property
    def position(self) -> int:
        """The instant up to which the market has been played."""
        return self.market.source.played_until

    def is_halted(self, symbol: str) -> bool:
        """Whether nobody may trade it now."""
        return symbol in self.market.halted

    def place(self, order: ClientOrder) -> None:
        """Fills what can be filled at once of what remains; the rest works on, if the order may rest."""
        is_odd = order.notional is not None or order.remaining % self.market.listings[order.symbol].unit
        venue = self._house if is_odd or self.phase != "core" else self._venue
        venue.place(order, order.remaining)

    def withdraw(self, order_id: UUID) -> None:
        """The order works no more; nothing happens for one that is not known."""
        self._venue.withdraw(order_id)
        self._house.withdraw(order_id)

    def succeed(self, old_id: UUID, order: ClientOrder) -> bool:
        """An order for fewer shares takes the place of one that stands in the market; False when it has to queue anew."""
        return self._venue.succeed(old_id, order)

    def take(self, messages: Sequence[Message]) -> None:
        """What the market has published; to be called before it plays on."""
        self._venue.take(messages)
        self._house.take(messages)

    def drain(self) -> list[VenueFill]:
        """The fills since the last call, in order."""
        return sorted([*self._venue.drain(), *self._house.drain()], key=lambda fill: fill.ts_event)

    def drain_displaced(self) -> list[UUID]:
        """The orders since the last call that gave way to one of the same account: they are canceled."""
        return self._venue.drain_displaced()
