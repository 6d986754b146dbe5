"""An action: what a page asks the desk to do. One question, one answer, one Store for each.

An answer carries the number of its question. What goes wrong is told in its `problem`, in words and never as a traceback.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from dash import ClientsideFunction, Dash, Input, Output
from flask import g

from callbacks.ask import number
from domain.errors import TickdeskError
from layouts import ids
from orders.access import HasAccess
from orders.ticket import NONCE

log = logging.getLogger("tickdesk.dashboard")

Act = Callable[[dict[str, Any], str], dict[str, Any]]
"""What is done with the posted values, which may be anything, for a session."""

BUTTON: Final = "by the button on the page"
FAILED: Final = "The desk failed on this. Look at the orders before you try again; the reason is in the logs folder."
MALFORMED: Final = "The page sent something that could not be read. Load it again."


def register_action(app: Dash, action: str, act: Act) -> None:
    """A question in the action's Store -> `act` (here) -> its answer (in the browser)."""
    in_browser: Callable[..., None] = app.clientside_callback
    in_browser(ClientsideFunction("answers", action), Input(ids.answer_of(action), "data"))

    @app.callback(Output(ids.answer_of(action), "data"), Input(ids.ask_of(action), "data"), prevent_initial_call=True)
    def answer(data: Any) -> dict[str, Any]:
        return answered(data, act, g.get("session", ""))


def answered(data: object, act: Act, session: str) -> dict[str, Any]:
    """The answer to whatever a client posted."""
    posted = data if isinstance(data, dict) else {}
    n = number(posted.get("n")) or 0
    try:
        return {"n": n, **act(posted, session)}
    except TickdeskError as error:
        return {"n": n, "problem": str(error)}
    except Exception:
        log.exception("An action of the page failed.")
        return {"n": n, "problem": FAILED}


def nonce_of(posted: dict[str, Any]) -> str:
    """The page's mark of this one action; empty if it is none."""
    nonce = posted.get("nonce")
    return nonce if isinstance(nonce, str) and NONCE.fullmatch(nonce) else ""


def by_whom(session: str) -> str:
    """Who acts, for switches and the audit. A session begins with the user's name and a slash where there are users."""
    name, slash, _ = session.partition("/")
    return f"by {name} with the button on the page" if slash else BUTTON


def without_account(access: HasAccess) -> str:
    """Why there is no account to trade on."""
    status = access.reader.status()
    why = status.trading.why or status.stream.why or "The worker has not connected to it yet."
    return f"No account is connected, so nothing was sent. {why}"
