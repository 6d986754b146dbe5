"""The fill: our part of one trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.order import Side


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution, unique by account and execution id. Quantity in shares, price in USD, `ts_event` the broker's time in ns."""

    execution_id: str
    account_id: str
    client_order_id: str
    order_id: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    ts_event: int
