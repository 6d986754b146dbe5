"""The use of limits: how much of each is used now, for those who watch them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from domain.breaker import ORDER_FAILURES
from domain.feed import shares_a_unit
from orders.risk import Situation

Unit = Literal["usd", "count", "part"]


@dataclass(frozen=True, slots=True)
class Use:
    """One limit: its name for people, how much of it is used (None where that is asked of each order anew), and itself."""

    name: str
    used: Decimal | None
    limit: Decimal
    unit: Unit


def usage(now: Situation) -> list[Use]:
    """Every limit. The position is that of the situation's symbol, at the last price."""
    limits = now.limits
    held = abs(now.position.qty) * now.last * shares_a_unit(now.position.symbol)
    return [
        Use("Daily loss", now.loss_today, now.most_loss_today, "usd"),
        Use("Trades today", Decimal(now.trades_today), Decimal(limits.max_trades_per_day), "count"),
        Use(f"Position in {now.position.symbol}", held, now.most_position, "usd"),
        Use("Failed orders in a row", Decimal(now.breaker.failures), Decimal(ORDER_FAILURES), "count"),
        Use("Value of an order", None, limits.max_order_value, "usd"),
        Use("Quantity of an order", None, limits.max_order_qty, "count"),
        Use("Limit beyond the market", None, limits.price_collar_pct, "part"),
    ]
