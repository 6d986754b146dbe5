"""When a symbol is taken off a page's list: the page lets go of it, and the worker drops it if nobody holds it any more."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import register_action
from orders.access import HasAccess
from orders.wishes import let_go


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the rows' remove buttons."""
    register_action(app, "watchlist", lambda posted, session: remove(access, posted, session))


def remove(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The symbol, and why it is streamed still if it is; or the problem."""
    answer = let_go(access.journal, posted.get("symbol"), session or "page")
    return {"problem": answer["error"]} if "error" in answer else answer
