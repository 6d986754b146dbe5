"""Orders are canceled (some, those of a side, or all of them), or one is replaced by another."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash

from callbacks.action import MALFORMED, nonce_of, register_action, without_account
from callbacks.trading import order_row
from domain.order import Order, Side
from orders.access import HasAccess
from orders.canceling import Cancel

MOST: Final = 50
LONGEST_ID: Final = 128


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the orders, of "Edit" and of "Cancel all"."""
    register_action(app, "blotter", lambda posted, session: act(access, posted, session))


def act(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """Whichever of the two was asked for."""
    return replace(access, posted, session) if "replace" in posted else cancel(access, posted)


def replace(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The order that is to take another's place, as it stands now; or what is wrong with which field."""
    asked, nonce = posted["replace"], nonce_of(posted)
    names = order_ids([asked.get("id")]) if isinstance(asked, dict) else []
    if not names or not nonce:
        return {"problem": MALFORMED}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    found = desk.replace(names[0], {**asked, "nonce": nonce}, session)
    return {"order": order_row(found)} if isinstance(found, Order) else {"errors": found}


def cancel(access: HasAccess, posted: dict[str, Any]) -> dict[str, Any]:
    """What became of each request: the order's id, and the problem if there was one."""
    everything, names, side = posted.get("all") is True, order_ids(posted.get("ids")), side_of(posted.get("side"))
    if not (everything or names or side):
        return {"problem": MALFORMED}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    if side:
        return told(desk.cancel_side(side))
    return told(desk.cancel_all() if everything else [desk.cancel(name) for name in names])


def side_of(value: object) -> Side | None:
    """Alpaca's word for a side; None for everything else."""
    return next((side for side in Side if value == side.value), None)


def told(cancels: list[Cancel]) -> dict[str, Any]:
    """Plain types."""
    return {"cancels": [[each.client_order_id, each.problem] for each in cancels]}


def order_ids(value: object) -> list[str]:
    """Ids of orders; empty where something else is among them."""
    if not isinstance(value, list) or len(value) > MOST:
        return []
    good = [name for name in value if isinstance(name, str) and 0 < len(name) <= LONGEST_ID]
    return good if len(good) == len(value) else []
