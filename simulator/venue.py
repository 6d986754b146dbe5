"""A venue: where accepted orders meet the market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.message import Message


@dataclass(frozen=True, slots=True)
class VenueFill:
    """Shares of an order that were filled at a price in USD."""

    order_id: UUID
    qty: Decimal
    price: Decimal
    ts_event: int


class Venue(Protocol):
    """Knows orders only as long as they work; tells what was filled when it is asked."""

    def place(self, order: ClientOrder, qty: Decimal) -> None:
        """Fills what can be filled at once of `qty`; the rest works on, if the order may rest."""
        ...

    def withdraw(self, order_id: UUID) -> None:
        """The order works no more; nothing happens for one that is not known."""
        ...

    def succeed(self, old_id: UUID, order: ClientOrder) -> bool:
        """An order for fewer shares takes the place of another, which is forgotten; False when it has no place to take."""
        ...

    def take(self, messages: Sequence[Message]) -> None:
        """What the market has published; to be called before it plays on."""
        ...

    def drain(self) -> list[VenueFill]:
        """The fills since the last call, in order."""
        ...

    def drain_displaced(self) -> list[UUID]:
        """The orders since the last call that gave way to one of the same account, which they would have met."""
        ...
