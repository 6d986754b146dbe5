"""The login: a page with a form, POST /login and POST /logout. A script may post JSON {name, password} instead of the form."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, g, jsonify, redirect, request

from dashboard.door import Door
from dashboard.guard import Guard
from dashboard.login_page import login_page
from dashboard.login_tries import LoginTries
from dashboard.logins import LONGEST_S, Logins
from dashboard.users import User, Users

log = logging.getLogger("tickdesk.dashboard")

WRONG: Final = "Name or password is wrong."
"""The same for both: nobody learns here which names there are."""


@dataclass(frozen=True, slots=True)
class LoginDesk:
    """What the login needs."""

    users: Users
    logins: Logins
    tries: LoginTries
    door: Door
    guard: Guard
    mode: str


def add_login(server: Flask, desk: LoginDesk) -> None:
    """The routes."""

    @server.get("/login")
    def ask_to_log_in() -> Response:
        return to_page() if g.user and g.user.name else shown(desk, "")

    @server.post("/login")
    def login() -> Response:
        return log_in(desk, posted_values())

    @server.post("/logout")
    def logout() -> Response:
        desk.logins.end(g.browser)
        desk.door.forget(g.browser)
        response = redirect("/login", 303)
        desk.guard.give_session(response)  # type: ignore[arg-type]  # werkzeug's response is flask's
        return response  # type: ignore[return-value]


def posted_values() -> dict[str, Any]:
    """The posted form or JSON object; empty for anything else."""
    if request.is_json:
        body = request.get_json(silent=True)
        return body if isinstance(body, dict) else {}
    return dict(request.form)


def log_in(desk: LoginDesk, values: dict[str, Any]) -> Response:
    """A new session for who gives the right password; else the reason, after the try was counted."""
    name, password = values.get("name"), values.get("password")
    if not (isinstance(name, str) and isinstance(password, str) and name and password):
        return refused(desk, "Write name and password.", 400)
    address = request.remote_addr or ""
    wait_s = desk.tries.begin(name, address)
    if wait_s:
        return refused(desk, f"Too many tries. Wait {math.ceil(wait_s / 60)} min.", 429, wait_s)
    user = desk.users.verified(name, password)
    if user is None:
        log.warning("A login failed from %s.", address)
        return refused(desk, WRONG, 401)
    desk.tries.succeed(name, address)
    return let_in(desk, user, address)


def let_in(desk: LoginDesk, user: User, address: str) -> Response:
    """The page for a browser that gets a session that nobody knew before it was logged in."""
    response = jsonify(name=user.name, role=user.role) if request.is_json else to_page()
    session = desk.guard.give_session(response, LONGEST_S)
    desk.logins.end(g.browser)
    desk.logins.begin(session, user.name, address)
    return response


def to_page() -> Response:
    """To the desk."""
    return redirect("/", 303)  # type: ignore[return-value]  # werkzeug's response is flask's


def refused(desk: LoginDesk, message: str, status: int, wait_s: float = 0) -> Response:
    """The form again with the reason, or the reason as JSON."""
    response = jsonify(error=message) if request.is_json else shown(desk, message)
    response.status_code = status
    if wait_s:
        response.headers["Retry-After"] = str(math.ceil(wait_s))
    return response


def shown(desk: LoginDesk, message: str) -> Response:
    """The page with its form. A browser that comes for the first time gets its session with it."""
    response = Response(mimetype="text/html")
    g.browser = g.browser or desk.guard.give_session(response)
    response.set_data(login_page(desk.mode, desk.guard.token_of(g.browser), message))
    response.headers["Cache-Control"] = "no-store"
    return response
