"""An order as the book knows it: a side, a price in ticks and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

TICKS_PER_DOLLAR = 100


class Side(IntEnum):
    """The sign of the position an order adds to."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> Side:
        """The side that this one trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(slots=True)
class Order:
    """`price` in ticks of one cent; `remaining` in shares and falling; `owner` is whose order it is."""

    order_id: int
    owner: str
    side: Side
    price: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Fill:
    """`quantity` shares passed between the resting and the incoming order at the resting order's price."""

    price: int
    quantity: int
    resting: Order
    incoming: Order
