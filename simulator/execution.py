"""An execution: one part of an order that was filled."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from simulator.order import Side


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """`qty` shares at `price` USD; `cum_qty` and `leaves_qty` are the order's afterwards."""

    execution_id: UUID
    account_id: UUID
    order_id: UUID
    sequence: int
    symbol: str
    side: Literal["buy", "sell"]
    qty: Decimal
    price: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    ts_event: int

    @property
    def sign(self) -> Side:
        """The sign of the position it adds to."""
        return Side.BUY if self.side == "buy" else Side.SELL
