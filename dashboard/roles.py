"""Roles on the page: who may ask for what. All requests pass here, after the guard; what has no role here is refused.

A callback is declared by its output. An instructor may do what a trader may, and a trader what a viewer may.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from typing import Final

from dash import Dash
from flask import Response, g, jsonify, redirect, request

from dashboard.door import Door, UnknownUserError
from dashboard.guard import FREE
from dashboard.only_page import PATHS
from dashboard.posts import UPDATE
from dashboard.users import User
from domain.errors import TickdeskError
from domain.role import Role
from orders.journal import DESK, Journal

log = logging.getLogger("tickdesk.dashboard")

CALLBACKS: Final = {
    "delta.data": Role.VIEWER,
    "watchlist-answer.data": Role.VIEWER,  # lets go of a symbol that this browser holds, of no other
    "symbol-search-answer.data": Role.TRADER,  # uses up the symbols that a plan may stream
    "ticket-answer.data": Role.TRADER,
    "one-click-answer.data": Role.TRADER,
    "blotter-answer.data": Role.TRADER,
    "positions-answer.data": Role.TRADER,
    "kill-switch-answer.data": Role.TRADER,  # to turn it on; it takes an instructor to take it off
    "breaker-answer.data": Role.INSTRUCTOR,
}

OPEN: Final = FREE | {"/login", "/logout", "/assets/tokens.css", "/assets/base.css", "/assets/login.css"}
OPEN_TOO: Final = OPEN | {"/assets/brand.svg", "/assets/early_look.js"}
"""Paths that need no login: the login itself, what it looks like, and the health, which says less then."""

AGAIN: Final = '<!doctype html><title>Tickdesk</title><meta http-equiv="refresh" content="0;url=/">'
"""Who follows a link from elsewhere comes without cookies (SameSite=Strict), logged in or not: once more, from here."""

IN_THE_JOURNAL: Final = frozenset({"ticket-answer.data", "one-click-answer.data"})
"""What writes down who did it by itself: an order's intent has the session."""


class UndeclaredError(TickdeskError):
    """A callback has no role. Declare it in dashboard/roles.py."""


def role_needed(method: str, path: str, output: str) -> Role | None:
    """The role that a request needs; None for what nobody may ask for."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return Role.VIEWER
    return CALLBACKS.get(output) if path == UPDATE else None


def add_roles(app: Dash, door: Door, journal: Journal) -> None:
    """Check login and role before every request of the app. UndeclaredError where a callback has no role.

    `flask.g.user` is who asks, and `flask.g.session` the session with the user's name before it.
    """
    _refuse_undeclared(output for output, wire in app.callback_map.items() if "callback" in wire)

    def check() -> tuple[Response, int] | Response | None:
        needed = role_needed(request.method, request.path, posted_output())
        try:
            g.user = door.user_of(g.browser, fresh=needed is not Role.VIEWER)
        except UnknownUserError as error:
            g.user = None
            return None if request.path in FREE else (jsonify(error=str(error)), 503)
        if g.user and g.user.name:
            g.session = f"{g.user.name}/{g.browser}"
        if request.path in OPEN_TOO:
            return None
        if g.user is None:
            return _to_login()
        return fault_of_role(g.user, needed, journal)

    app.server.before_request(check)


def _refuse_undeclared(outputs: Iterable[str]) -> None:
    missing = sorted(set(outputs) - set(CALLBACKS))
    if missing:
        raise UndeclaredError(f"{', '.join(missing)}: needs a role in dashboard/roles.py")


def _to_login() -> tuple[Response, int] | Response:
    """A page goes to the login, all else is told."""
    if request.method == "GET" and request.path in PATHS:
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            g.keeps_cookies = True
            return Response(AGAIN, mimetype="text/html")
        return redirect("/login", 303)  # type: ignore[return-value]  # werkzeug's response is flask's
    return jsonify(error="Log in first.", login="/login"), 401


def posted_output() -> str:
    """The output of the callback that is asked for; empty for anything else."""
    body = request.get_json(silent=True) if request.path == UPDATE else None
    return str(body.get("output")) if isinstance(body, dict) else ""


def fault_of_role(user: User, needed: Role | None, journal: Journal) -> tuple[Response, int] | None:
    """Why a user may not ask for this, or None; then it is written down, if it is more than looking."""
    output = posted_output()
    if needed is None:
        return (jsonify(error="There is no such output."), 400) if request.path == UPDATE else _nothing_there()
    if not user.role.covers(needed):
        log.warning("Refused: %s (%s) asked for %s.", user.name, user.role, output)
        return jsonify(error=f"This needs the role {needed}; {user.name} is {user.role}."), 403
    if user.name and needed is not Role.VIEWER and output not in IN_THE_JOURNAL:
        _write_down(journal, user, output)
    return None


def _nothing_there() -> tuple[Response, int]:
    return jsonify(error="There is nothing to post to."), 404


def _write_down(journal: Journal, user: User, output: str) -> None:
    """Who asked for it. A journal that cannot be written does not keep anybody from canceling."""
    with contextlib.suppress(TickdeskError), journal.writing() as rows:
        rows.audit(DESK, "asked", user=user.name, action=output.removesuffix("-answer.data"))
