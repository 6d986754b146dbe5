"""Positions are closed: one, or all of them after every order was canceled."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import MALFORMED, nonce_of, register_action, without_account
from callbacks.ask import text
from callbacks.trading import order_row
from domain.order import Order
from orders.access import HasAccess


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the positions and of "Flatten all"."""
    register_action(app, "positions", lambda posted, session: close(access, posted, session))


def close(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The orders that close `symbol`, or everything where `flatten` is true, and notes on what there was not to close."""
    nonce, symbol, everything = nonce_of(posted), text(posted.get("symbol")), posted.get("flatten") is True
    if not nonce or not (symbol or everything):
        return {"problem": MALFORMED}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    return told(desk.flatten(nonce, session) if everything else [desk.close(symbol or "", nonce, session)])


def told(results: list[Order | str]) -> dict[str, Any]:
    """Orders and notes apart."""
    orders = [order_row(result) for result in results if isinstance(result, Order)]
    return {"orders": orders, "notes": [result for result in results if isinstance(result, str)]}
