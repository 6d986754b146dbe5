"""A replacement: what PATCH /v2/orders/{id} asks for, and the order that takes the place of another.

Source: "Trading API" (PatchOrderRequest, Replace Order by ID); the texts are those that have been observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from simulator.client_order import STOPS, ClientOrder
from simulator.listing import Listing
from simulator.rejection import malformed, unprocessable
from simulator.request_body import check_price, one_of, parse_number, parse_price
from simulator.stops import trailed
from simulator.ticket import SMALLEST_TRAIL_PERCENT, parse_client_order_id

REPLACEABLE = frozenset({"new", "partially_filled", "held"})


def check_replaceable(order: ClientOrder) -> None:
    """Whether the order can be replaced at all now. Raises Rejection."""
    if order.status == "replaced":
        raise unprocessable("order already replaced")
    if order.is_done:
        raise unprocessable("unable to replace order, order is not open")
    if order.status not in REPLACEABLE:
        raise unprocessable(f"cannot replace order in {order.status} status")
    if order.notional is not None:
        raise unprocessable("notional orders cannot be replaced")


def parse_changes(order: ClientOrder, fields: Mapping[str, Any], listing: Listing) -> dict[str, Any]:
    """What is to be different, by the order's field names. Raises Rejection.

    `qty` is the whole order's, with what has been filled of it; the answer has what remains of that.
    """
    found: dict[str, Any] = {}
    if "qty" in fields:
        found["qty"] = _qty(order, fields["qty"])
    if "time_in_force" in fields:
        found["time_in_force"] = _time_in_force(order, fields)
    for name, allowed in (("limit_price", ("limit", "stop_limit")), ("stop_price", ("stop", "stop_limit"))):
        if name in fields:
            if order.order_type not in allowed:
                raise malformed(f"{order.order_type} orders require no {name.replace('_', ' ')}")
            found[name] = parse_price(fields[name], name)
            check_price(found[name], name, listing)
    if "trail" in fields:
        found |= _trail(order, fields["trail"], listing)
    client_order_id = parse_client_order_id(fields)
    if not {name for name, value in found.items() if value != getattr(order, name)} and not client_order_id:
        raise unprocessable("order parameters are not changed")
    return {**found, "client_order_id": client_order_id or str(uuid4())}


def _qty(order: ClientOrder, value: object) -> Any:
    qty = parse_number(value, "qty")
    if qty == order.qty:
        return qty
    if order.order_class:
        raise unprocessable("qty cannot be changed for advanced orders")
    is_share = order.asset_class == "us_equity"
    if is_share and (qty != qty.to_integral_value() or order.qty != order.qty.to_integral_value()):
        raise malformed("qty must be integer")
    if qty <= order.filled_qty:
        raise unprocessable("qty must be > filled_qty")
    return qty


def _time_in_force(order: ClientOrder, fields: Mapping[str, Any]) -> Any:
    known = ("gtc", "ioc") if order.asset_class == "crypto" else ("day", "gtc", "ioc", "fok")
    found = one_of(fields, "time_in_force", known)
    is_odd = order.qty != order.qty.to_integral_value() and order.asset_class == "us_equity"
    if found in ("ioc", "fok") and (order.order_type in STOPS or order.order_class or order.extended_hours):
        raise unprocessable(f"invalid time_in_force {found} for {order.order_class or order.order_type} orders")
    if is_odd and found != "day":
        raise unprocessable("fractional orders must be DAY orders")
    return found


def _trail(order: ClientOrder, value: object, listing: Listing) -> dict[str, Any]:
    if order.order_type != "trailing_stop":
        raise malformed(f"{order.order_type} orders must not have trail")
    if order.trail_price is not None:
        price = parse_price(value, "trail")
        check_price(price, "trail", listing)
        return {"trail_price": price}
    percent = parse_number(value, "trail")
    if not SMALLEST_TRAIL_PERCENT <= percent < 100:
        raise malformed("trail_percent must be greater than or equal to 0.1")
    return {"trail_percent": percent}


def replacement(
    order: ClientOrder, changes: Mapping[str, Any], *, order_id: UUID, sequence: int, moment: int
) -> ClientOrder:
    """The order that stands for what remains of another; as `accepted` as nothing has been done with it yet."""
    fields = {**changes, "qty": changes.get("qty", order.qty) - order.filled_qty}
    new = order.changed(
        order_id=order_id,
        sequence=sequence,
        status="held" if order.status == "held" else "accepted",
        replaces=order.order_id,
        created_at=moment,
        updated_at=moment,
        filled_qty=order.filled_qty * 0,
        filled_value=order.filled_value * 0,
        elected=order.elected and "stop_price" not in changes,
        **fields,
    )
    if "trail_price" in changes or "trail_percent" in changes:
        # The best price stays, the distance from it is another.
        new = trailed(new.changed(hwm=None), order.hwm) if order.hwm is not None else new
    return new
