"""The limits: what the desk will send at most. They protect against the slip of a finger and the bug of a program."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """USD, shares and fractions. `max_position_pct` is of equity, `price_collar_pct` of the price on the other side."""

    max_order_value: Decimal
    max_order_qty: Decimal
    price_collar_pct: Decimal
    max_position_pct: Decimal
    duplicate_within_ms: int = 500
