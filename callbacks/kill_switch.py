"""The kill switch is turned."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash

from callbacks.action import MALFORMED, register_action
from orders.access import HasAccess

BY: Final = "by the button on the page"


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the switch."""
    register_action(app, "kill-switch", lambda posted, session: turn(access, posted))


def turn(access: HasAccess, posted: dict[str, Any]) -> dict[str, Any]:
    """Who holds the switch on afterwards. What the page cannot take off is told as a problem."""
    on = posted.get("on")
    if not isinstance(on, bool):
        return {"problem": MALFORMED}
    access.kill.turn(on, BY)
    by = access.kill.on_by()
    left = {"problem": f"The kill switch is still on {by}. Take that away as well."} if by and not on else {}
    return {"kill": by, **left}
