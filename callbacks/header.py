"""When a symbol is wished for that the desk does not stream yet: the worker is asked, and its word goes back to the page."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import register_action
from orders.access import HasAccess
from orders.wishes import wish_for


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the symbol search."""
    register_action(app, "symbol-search", lambda posted, session: stream(access, posted, session))


def stream(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The symbol that will be streamed from now on, or the problem with it."""
    answer = wish_for(access.journal, posted.get("symbol"), session or "page")
    return {"problem": answer["error"]} if "error" in answer else {"symbol": answer["symbol"]}
