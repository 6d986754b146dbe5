"""The guard: who may make the desk do something. It stands before every route and every callback.

Dash checks neither Host nor Origin, so a page of somebody else could make a browser post orders (DNS rebinding). Every
request must name a host of ours; what is posted must come from our own page and carry the token that this page was given.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from dash import Dash
from flask import Response, g, jsonify, request
from werkzeug.datastructures import Headers

FREE: Final = frozenset({"/healthz", "/readyz"})
HEADER: Final = "X-CSRFToken"
WEEK_S: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts` are the Host headers that are ours, in lower case with port. Cookie names carry the port: a browser keeps
    the cookies of all ports of a host together."""

    key: bytes
    hosts: frozenset[str]
    port: int

    @property
    def session_cookie(self) -> str:
        """Name of the cookie that says which browser this is; scripts cannot read it."""
        return f"tickdesk_session_{self.port}"

    @property
    def token_cookie(self) -> str:
        """Name of the cookie that the page's script copies into the header of what it posts."""
        return f"tickdesk_token_{self.port}"

    def sign(self, purpose: str, value: str) -> str:
        """A signature of a value for one purpose."""
        return hmac.new(self.key, f"{purpose}\x1f{value}".encode(), sha256).hexdigest()

    def session_of(self, cookies: Mapping[str, str]) -> str:
        """The session of a request; empty if its cookie is missing or was not signed by us."""
        session, _, signature = cookies.get(self.session_cookie, "").partition(".")
        return session if session and _same(signature, self.sign("session", session)) else ""

    def fault_of_host(self, host: str) -> str:
        """Why a Host header is refused, or nothing."""
        return "" if host.lower() in self.hosts else "This desk is not served under that name."

    def fault_of_post(self, headers: Headers, session: str) -> str:
        """Why a post is refused, or nothing."""
        origin = headers.get("Origin")
        if origin is not None and _host_of(origin) not in self.hosts:
            return "The request comes from another page."
        if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "The request comes from another page."
        if not session or not _same(headers.get(HEADER, ""), self.sign("token", session)):
            return "The page has no valid token. Load it again."
        return ""


def _same(given: str, right: str) -> bool:
    """As bytes: texts beyond ASCII, which anybody can send, cannot be compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _host_of(origin: str) -> str:
    """Host and port of an Origin header; empty for what is none."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""


def local_hosts(port: int, others: tuple[str, ...] = ()) -> frozenset[str]:
    """The names under which the desk is reached on its own machine, and those that were allowed by a setting."""
    names = "127.0.0.1", "localhost", "[::1]"
    return frozenset([*(f"{name}:{port}" for name in names), *(other.lower() for other in others)])


def add_guard(app: Dash, guard: Guard) -> None:
    """Put the guard before every request of the app; `flask.g.session` is the session of what is let through."""

    def check() -> tuple[Response, int] | None:
        fault = guard.fault_of_host(request.host)
        if fault:
            return jsonify(error=fault), 421
        g.session = guard.session_of(request.cookies)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            fault = guard.fault_of_post(request.headers, g.session)
        return (jsonify(error=fault), 403) if fault else None

    def remember(response: Response) -> Response:
        if request.path not in FREE and request.method == "GET" and response.status_code != 421:
            session = g.get("session", "")
            if not session:
                _give_session(guard, response)
            elif not _same(request.cookies.get(guard.token_cookie, ""), guard.sign("token", session)):
                _give_token(guard, response, session)
        return response

    app.server.before_request_funcs.setdefault(None, []).insert(0, check)
    app.server.after_request(remember)


def _give_session(guard: Guard, response: Response) -> None:
    session = secrets.token_urlsafe(18)
    signed = f"{session}.{guard.sign('session', session)}"
    response.set_cookie(guard.session_cookie, signed, max_age=WEEK_S, httponly=True, samesite="Strict")
    _give_token(guard, response, session)


def _give_token(guard: Guard, response: Response, session: str) -> None:
    response.set_cookie(guard.token_cookie, guard.sign("token", session), max_age=WEEK_S, samesite="Strict")
