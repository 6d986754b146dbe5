"""The wire of the trading API: orders, fills and trade updates as JSON objects. Money and quantities are strings.

Source: "Trading API" (Order, TradeActivity), "Websocket Streaming".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.session import NEW_YORK, to_datetime
from simulator.amount import amount
from simulator.client_order import ClientOrder
from simulator.execution import Execution
from simulator.trade_update import TradeUpdate
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

NOT_USED = ("subtag", "source")


def order_fields(order: ClientOrder, legs: Sequence[ClientOrder] = ()) -> Fields:
    """The whole order object. An order for an amount of money has no quantity, one of coins no intent."""
    average = order.filled_value / order.filled_qty if order.filled_qty else None
    return {
        "id": str(order.order_id),
        "client_order_id": order.client_order_id,
        "created_at": rfc3339(order.created_at),
        "updated_at": rfc3339(order.updated_at),
        "submitted_at": rfc3339(order.created_at),
        "filled_at": _moment(order.filled_at),
        "expired_at": _moment(order.expired_at),
        "canceled_at": _moment(order.canceled_at),
        "failed_at": _moment(order.failed_at),
        "expires_at": rfc3339(order.expires_at),
        "replaced_at": _moment(order.replaced_at),
        "replaced_by": _id(order.replaced_by),
        "replaces": _id(order.replaces),
        "asset_id": str(order.asset_id),
        "symbol": order.symbol,
        "asset_class": order.asset_class,
        "notional": None if order.notional is None else amount(order.notional, 2),
        "qty": None if order.notional is not None else amount(order.qty),
        "filled_qty": amount(order.filled_qty),
        "filled_avg_price": _price(average),
        "order_class": order.order_class,
        "order_type": order.order_type,
        "type": order.order_type,
        "side": order.side,
        **({} if order.asset_class == "crypto" else {"position_intent": order.position_intent}),
        "time_in_force": order.time_in_force,
        "limit_price": _price(order.limit_price),
        "stop_price": _price(order.stop_price),
        "trail_price": _price(order.trail_price),
        "trail_percent": _price(order.trail_percent),
        "hwm": _price(order.hwm),
        "status": order.status,
        "extended_hours": order.extended_hours,
        "legs": [order_fields(leg) for leg in legs] or None,
        **dict.fromkeys(NOT_USED),
    }


def _moment(moment: int | None) -> str | None:
    return None if moment is None else rfc3339(moment)


def _id(order_id: UUID | None) -> str | None:
    return None if order_id is None else str(order_id)


def _price(price: Decimal | None) -> str | None:
    return None if price is None else amount(price, 6)


def update_fields(update: TradeUpdate) -> Fields:
    """The `data` of a trade_updates message; price and quantities only for fills."""
    fields: Fields = {
        "event": update.event,
        "execution_id": str(update.execution_id),
        "timestamp": rfc3339(update.ts_event),
        "order": order_fields(update.order),
    }
    if update.execution is not None:
        fields |= {"price": amount(update.execution.price, 6), "qty": amount(update.execution.qty)}
        fields["position_qty"] = amount(update.position_qty or 0)
    return fields


def activity_id(execution: Execution) -> str:
    """New York time to the millisecond, and a name: sorts by time, as Alpaca's does."""
    local = to_datetime(execution.ts_event).astimezone(NEW_YORK)
    name = uuid5(NAMESPACE_URL, str(execution.execution_id))
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}::{name}"


def activity_fields(execution: Execution) -> Fields:
    """A fill as an account activity."""
    done = not execution.leaves_qty
    return {
        "id": activity_id(execution),
        "activity_type": "FILL",
        "transaction_time": rfc3339(execution.ts_event),
        "type": "fill" if done else "partial_fill",
        "price": amount(execution.price, 6),
        "qty": amount(execution.qty),
        "side": execution.side,
        "symbol": execution.symbol,
        "leaves_qty": amount(execution.leaves_qty),
        "cum_qty": amount(execution.cum_qty),
        "order_id": str(execution.order_id),
        "order_status": "filled" if done else "partially_filled",
    }
