"""The breaker of orders is reset."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import MALFORMED, by_whom, register_action
from orders.access import HasAccess


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the reset."""
    register_action(app, "breaker", lambda posted, session: reset(access, posted, session))


def reset(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """New orders are let through again, once more only after the next failures."""
    if posted.get("reset") is not True:
        return {"problem": MALFORMED}
    access.breaker.reset(by_whom(session))
    return {}
