"""A trade update: one event in the life of an order, as the trading stream tells it."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import msgspec

from simulator.client_order import ClientOrder
from simulator.execution import Execution


class TradeUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """`order` is the order after the event; fills have an `execution` and the signed `position_qty` after it.

    `execution_id` is another one for every event.
    """

    event: str
    execution_id: UUID
    ts_event: int
    order: ClientOrder
    execution: Execution | None = None
    position_qty: Decimal | None = None
