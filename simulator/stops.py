"""Stops: orders that wait until a trade reaches their stop price, and stop prices that follow the market.

Source: "Orders at Alpaca": a stop is reached by prints inside the quotes, in the session only.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.order import Side

OUTSIDE = Decimal("0.01")  # a print further from the touch is none inside the quotes, even if these have moved since


class Stops:
    """Who waits for trades of which symbol."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[UUID, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def watch(self, order: ClientOrder) -> None:
        """From now on."""
        self._waiting.setdefault(order.symbol, {})[order.order_id] = None

    def forget(self, order: ClientOrder) -> None:
        """No more; nothing happens for one that is not known."""
        waiting = self._waiting.get(order.symbol, {})
        waiting.pop(order.order_id, None)
        if not waiting:
            self._waiting.pop(order.symbol, None)

    def on(self, symbol: str) -> list[UUID]:
        """Those that wait for trades of a symbol, in the order in which they came."""
        return list(self._waiting.get(symbol, ()))


def is_reached(order: ClientOrder, price: Decimal) -> bool:
    """Whether a trade at a price makes the stop an order that works."""
    return order.stop_price is not None and (price - order.stop_price) * order.sign >= 0


def is_inside(price: Decimal, bid: Decimal, ask: Decimal) -> bool:
    """Whether a print counts beside the quotes of its moment; everything does where one side is empty."""
    return not bid or not ask or bid * (1 - OUTSIDE) <= price <= ask * (1 + OUTSIDE)


def trailed(order: ClientOrder, price: Decimal) -> ClientOrder:
    """The order after a trade: the stop price of a trailing stop follows the best price, and never goes back."""
    if order.order_type != "trailing_stop" or price <= 0:
        return order
    if order.hwm is not None and (order.hwm - price) * order.sign <= 0:
        return order
    return order.changed(hwm=price, stop_price=_stop_price(order, price))


def _stop_price(order: ClientOrder, hwm: Decimal) -> Decimal:
    """`trail_price` or `trail_percent` behind the best price, in cents that are never nearer than that."""
    trail = order.trail_price if order.trail_price is not None else hwm * (order.trail_percent or 0) / 100
    away = hwm + trail * order.sign
    step = Decimal("0.01") if away >= 1 else Decimal("0.0001")
    steps = away / step
    rounded = steps.to_integral_value("ROUND_CEILING" if order.sign is Side.BUY else "ROUND_FLOOR")
    return max(step, rounded * step)
