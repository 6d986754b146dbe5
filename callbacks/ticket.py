"""The ticket is sent: every field is checked here, whatever the page shows or hides."""

from __future__ import annotations

from typing import Any

from dash import Dash

from callbacks.action import register_action, without_account
from callbacks.trading import order_row
from orders.access import HasAccess
from orders.ticket import parse_ticket


def register(app: Dash, access: HasAccess) -> None:
    """The ticket's own wire."""
    register_action(app, "ticket", lambda posted, session: submit(access, posted, session))


def submit(access: HasAccess, posted: dict[str, Any], session: str) -> dict[str, Any]:
    """The order as it stands now, or what is wrong with which field. The same ticket again is the same order."""
    ticket, errors = parse_ticket(posted.get("ticket"))
    if ticket is None:
        return {"errors": errors}
    desk = access.desk()
    if desk is None:
        return {"problem": without_account(access)}
    if ticket.symbol not in access.reader.symbols:
        return {"errors": {"symbol": f"{ticket.symbol} is not on this desk. Choose one of the watchlist."}}
    return {"order": order_row(desk.submit(ticket, session))}
