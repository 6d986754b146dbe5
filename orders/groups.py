"""Groups: orders that hang together. Of a group at most one exit fills; to cancel one cancels the others."""

from __future__ import annotations

from collections.abc import Iterable

from domain.order import Order


def groups_of(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Orders by the group they are in, in their order; one that hangs together with no other is a group of its own.

    A group's name is the order id of the parent of its legs, whether that is among the orders or not.
    """
    known = list(orders)
    parents = {order.parent_id for order in known if order.parent_id}
    found: dict[str, list[Order]] = {}
    for order in known:
        found.setdefault(_name(order, parents), []).append(order)
    return found


def without_group_of(order: Order, orders: Iterable[Order]) -> list[Order]:
    """The orders that do not hang together with one of them, which is left out too."""
    groups = groups_of(orders).values()
    ours = (order.client_order_id, order.parent_id or order.order_id)
    return [each for group in groups if not any(_is_of(other, *ours) for other in group) for each in group]


def _name(order: Order, parents: set[str]) -> str:
    return order.parent_id or (order.order_id if order.order_id in parents else order.client_order_id)


def _is_of(order: Order, client_order_id: str, top: str) -> bool:
    return order.client_order_id == client_order_id or bool(top and top in (order.parent_id, order.order_id))
