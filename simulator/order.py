"""An order as the book knows it: a side, a price in ticks and what is left of it."""

from __future__ import annotations

from enum import IntEnum

import msgspec

TICKS_PER_DOLLAR = 100


class Side(IntEnum):
    """The sign of the position an order adds to."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> Side:
        """The side that this one trades with."""
        return SELL if self is BUY else BUY


BUY, SELL = Side.BUY, Side.SELL


class Order(msgspec.Struct, gc=False, eq=False):
    """`price` in ticks of one cent; `remaining` in shares and falling; `owner` is whose order it is.

    A `hidden` one is not in the quotes, and at its price waits behind those that are.
    """

    order_id: int
    owner: str
    side: Side
    price: int
    remaining: int
    hidden: bool = False


class Fill(msgspec.Struct, frozen=True):
    """`quantity` shares passed between the resting and the incoming order at the resting order's price."""

    price: int
    quantity: int
    resting: Order
    incoming: Order
