"""Positions are closed: one (whole, in part, or turned into its opposite), or all of them after every order was canceled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from dash import Dash

from callbacks.action import MALFORMED, nonce_of, register_action, without_account
from callbacks.ask import text
from callbacks.trading import order_row
from domain.order import Order
from orders.access import HasAccess

PARTS: Final = {"0.25": Decimal("0.25"), "0.5": Decimal("0.5"), "1": Decimal(1)}
"""What may be closed of a position, as the page writes it."""


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the positions and of "Flatten all"."""
    register_action(app, "positions", lambda posted, session: close(access, posted, session))


def close(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The orders that close `symbol`, or everything where `flatten` is true, and notes on what there was not to close."""
    nonce, symbol, everything = nonce_of(posted), text(posted.get("symbol")), posted.get("flatten") is True
    part = PARTS.get(str(posted.get("part", "1")))
    if not nonce or part is None or not (symbol or everything):
        return {"problem": MALFORMED}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    if everything:
        return told(desk.flatten(nonce, session))
    name = symbol or ""
    turns = posted.get("reverse") is True
    return told(desk.reverse(name, nonce, session) if turns else [desk.close(name, nonce, session, part)])


def told(results: list[Order | str]) -> dict[str, Any]:
    """Orders and notes apart."""
    orders = [order_row(result) for result in results if isinstance(result, Order)]
    return {"orders": orders, "notes": [result for result in results if isinstance(result, str)]}
