"""The fields that say in the log which order a line is about: the same in every step of its life."""

from __future__ import annotations

from domain.order import Order


def about(order: Order) -> dict[str, str]:
    """Id, symbol, side and quantity (shares, or USD where the order is for an amount)."""
    size = (
        {"qty": str(order.qty)} if order.notional is None else {"qty": str(order.qty), "notional": str(order.notional)}
    )
    return {"client_order_id": order.client_order_id, "symbol": order.symbol, "side": order.side.value, **size}
