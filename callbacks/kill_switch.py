"""The kill switch is turned."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import MALFORMED, by_whom, register_action
from orders.access import HasAccess


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the switch."""
    register_action(app, "kill-switch", lambda posted, session: turn(access, posted, session))


def turn(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """Who holds the switch on afterwards. What the page cannot take off is told as a problem."""
    on = posted.get("on")
    if not isinstance(on, bool):
        return {"problem": MALFORMED}
    access.kill.turn(on, by_whom(session))
    by = access.kill.on_by()
    left = {"problem": f"The kill switch is still on {by}. Take that away as well."} if by and not on else {}
    return {"kill": by, **left}
