"""The limits: what the desk will send at most. They protect against the slip of a finger and the bug of a program."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """USD, shares and fractions. `max_position_pct` is of equity, `max_daily_loss_pct` of the equity that the day began with,
    `price_collar_pct` of the price on the other side. A trade of a day is an order with a fill.
    """

    max_order_value: Decimal
    max_order_qty: Decimal
    price_collar_pct: Decimal
    max_position_pct: Decimal
    duplicate_within_ms: int = 500
    max_daily_loss_pct: Decimal = Decimal("0.05")
    max_trades_per_day: int = 20
    allow_extended_hours: bool = False
