"""Orders are canceled: some, or all of them."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash

from callbacks.action import MALFORMED, register_action, without_account
from orders.access import HasAccess
from orders.desk import Cancel

MOST: Final = 50
LONGEST_ID: Final = 128


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the orders and of "Cancel all"."""
    register_action(app, "blotter", lambda posted, session: cancel(access, posted))


def cancel(access: HasAccess, posted: dict[str, Any]) -> dict[str, Any]:
    """What became of each request: the order's id, and the problem if there was one."""
    everything, names = posted.get("all") is True, order_ids(posted.get("ids"))
    if not everything and not names:
        return {"problem": MALFORMED}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    return told(desk.cancel_all() if everything else [desk.cancel(name) for name in names])


def told(cancels: list[Cancel]) -> dict[str, Any]:
    """Plain types."""
    return {"cancels": [[each.client_order_id, each.problem] for each in cancels]}


def order_ids(value: object) -> list[str]:
    """Ids of orders; empty where something else is among them."""
    if not isinstance(value, list) or len(value) > MOST:
        return []
    good = [name for name in value if isinstance(name, str) and 0 < len(name) <= LONGEST_ID]
    return good if len(good) == len(value) else []
