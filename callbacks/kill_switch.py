"""The kill switch is turned."""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import g

from callbacks.action import MALFORMED, by_whom, register_action
from domain.role import Role
from orders.access import HasAccess


def register(app: Dash, access: HasAccess) -> None:
    """The wire of the switch."""
    register_action(app, "kill-switch", lambda posted, session: turn(access, posted, session, may_take_off()))


def turn(access: HasAccess, posted: dict[str, Any], session: str, may_take_off: bool = True) -> dict[str, Any]:
    """Who holds the switch on afterwards. What the page cannot take off is told as a problem."""
    on = posted.get("on")
    if not isinstance(on, bool):
        return {"problem": MALFORMED}
    if not (on or may_take_off):
        return {"problem": f"Only an instructor takes the kill switch off. It is on {access.kill.on_by()}."}
    access.kill.turn(on, by_whom(session))
    by = access.kill.on_by()
    left = {"problem": f"The kill switch is still on {by}. Take that away as well."} if by and not on else {}
    return {"kill": by, **left}


def may_take_off() -> bool:
    """Whether who asks may take the switch off: on an open desk everybody, else an instructor."""
    user = g.get("user")
    return user is None or bool(user.role.covers(Role.INSTRUCTOR))
