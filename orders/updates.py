"""Updates: what the broker says of an order, taken into the journal. The one place where fills are booked.

A fill counts once: executions of an order are told apart by their id, and by how much of the order was filled with them,
so that the same fill counts once whether it came by the stream or was found by REST. A done order never moves again, but
a fill that comes after its end still counts.
"""

from __future__ import annotations

from decimal import Decimal

import structlog

from domain.fill import Fill
from domain.order import DONE, BrokerOrder, Order, TradeUpdate
from domain.position import apply_fill
from orders.journal import JournalWriter

log = structlog.get_logger()


def take_update(rows: JournalWriter, account_id: str, update: TradeUpdate) -> None:
    """Take one trade update in."""
    order = take_order(rows, account_id, update.order)
    if update.qty is not None and update.price is not None:
        fill = Fill(
            update.execution_id or f"{update.order.order_id}:{update.order.filled_qty}",
            account_id,
            order.client_order_id,
            update.order.order_id,
            order.symbol,
            order.side,
            update.qty,
            update.price,
            update.ts_event,
        )
        take_fill(rows, fill, update.order.filled_qty)


def take_order(rows: JournalWriter, account_id: str, told: BrokerOrder) -> Order:
    """Take the broker's word on an order; one that is not ours is written down as external. The order as it was before."""
    order = rows.order(told.client_order_id)
    if order is None:
        order = _external(account_id, told)
        rows.add_order(order)
        log.info(
            "order placed elsewhere", client_order_id=order.client_order_id, symbol=order.symbol, state=order.state
        )
        return order
    changes = {
        "order_id": told.order_id,
        "state": _next_state(order, told),
        "filled_qty": max(order.filled_qty, told.filled_qty),
        "filled_avg_price": told.filled_avg_price or order.filled_avg_price,
    }
    if any(getattr(order, name) != value for name, value in changes.items()):
        rows.change_order(order.client_order_id, account_id, **changes)
        log.info(
            "order", client_order_id=order.client_order_id, state=changes["state"], filled=str(changes["filled_qty"])
        )
    return order


def take_fill(rows: JournalWriter, fill: Fill, filled_with_it: Decimal) -> bool:
    """Book a fill, unless it is booked; `filled_with_it` is how much of its order was filled after it. Whether it was new."""
    booked = sum((known.qty for known in rows.filled_by(fill.account_id, fill.client_order_id)), Decimal(0))
    if filled_with_it <= booked or not rows.add_fill(fill):
        return False
    rows.put_position(apply_fill(rows.position(fill.account_id, fill.symbol), fill))
    log.info("fill", client_order_id=fill.client_order_id, symbol=fill.symbol, side=fill.side.value, qty=str(fill.qty))
    return True


def _next_state(order: Order, told: BrokerOrder) -> str:
    if order.state in DONE and told.status not in DONE:
        return order.state
    if told.status != "filled" and told.filled_qty < order.filled_qty:
        return order.state
    return "filled" if order.state == "filled" else told.status


def _external(account_id: str, told: BrokerOrder) -> Order:
    return Order(
        told.client_order_id,
        account_id,
        told.symbol,
        told.side,
        told.type,
        told.qty,
        told.time_in_force,
        told.limit_price,
        told.stop_price,
        told.order_id,
        told.status,
        told.filled_qty,
        told.filled_avg_price,
        external=True,
    )
