"""The guard: which requests may make the desk do something. It stands before every route and every callback.

Dash checks neither Host nor Origin, so a page of somebody else could make a browser post orders (DNS rebinding). Every
request must name a host of ours; what is posted must come from our own page and carry the token that this page was given.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from dash import Dash
from flask import Response, g, jsonify, request
from werkzeug.datastructures import Headers

FREE: Final = frozenset({"/healthz", "/readyz"})
FORMS: Final = frozenset({"/login", "/logout"})
"""Posted by plain forms, which cannot set a header: their token may come in a field."""

TOKEN_FIELD: Final = "token"
HEADER: Final = "X-CSRFToken"
WEEK_S: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts` are the Host headers that are ours, in lower case with port. Cookie names carry the port: a browser keeps
    the cookies of all ports of a host together. `open` says that nobody needs to log in while there are no users."""

    key: bytes
    hosts: frozenset[str]
    port: int
    any_address: bool = False
    """Served on every address of this machine: then an address with our port is ours as well. A name is not: it could be
    anybody's, and that is what rebinding needs."""

    open: bool = True

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

    def token_of(self, session: str) -> str:
        """The token of a session's page."""
        return self.sign("token", session)

    def session_of(self, cookies: Mapping[str, str]) -> str:
        """The session of a request; empty if its cookie is missing or was not signed by us."""
        session, _, signature = cookies.get(self.session_cookie, "").partition(".")
        return session if session and _same(signature, self.sign("session", session)) else ""

    def fault_of_host(self, host: str) -> str:
        """Why a Host header is refused, or nothing."""
        ours = self._is_ours(host.lower())
        return "" if ours else "This desk is not served under that name. ALLOWED_HOSTS can add one."

    def fault_of_post(self, headers: Headers, session: str, token: str | None = None) -> str:
        """Why a post is refused, or nothing. `token` is one that came in a form instead of the header."""
        origin = headers.get("Origin")
        if origin is not None and not self._is_ours(_host_of(origin)):
            return "The request comes from another page."
        if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "The request comes from another page."
        given = headers.get(HEADER, "") if token is None else token
        if not session or not _same(given, self.token_of(session)):
            return "The page has no valid token. Load it again."
        return ""

    def give_session(self, response: Response, lasts_s: int = WEEK_S) -> str:
        """A new session and its token for the browser that gets this response."""
        session = secrets.token_urlsafe(18)
        signed = f"{session}.{self.sign('session', session)}"
        self._set(response, self.session_cookie, signed, lasts_s, httponly=True)
        self.give_token(response, session, lasts_s)
        return session

    def give_token(self, response: Response, session: str, lasts_s: int = WEEK_S) -> None:
        """The token of a session for the browser that gets this response."""
        self._set(response, self.token_cookie, self.token_of(session), lasts_s, httponly=False)

    def _is_ours(self, host: str) -> bool:
        return host in self.hosts or (self.any_address and _is_address(host, self.port))

    def _set(self, response: Response, name: str, value: str, lasts_s: int, httponly: bool) -> None:
        response.set_cookie(
            name, value, max_age=lasts_s, httponly=httponly, samesite="Strict", secure=request.is_secure
        )


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


def _is_address(host: str, port: int) -> bool:
    """Whether a Host header is an IP address, written as a browser writes it, with this port."""
    name, _, given = host.rpartition(":")
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        address = ip_address(bare)
    except ValueError:
        return False
    return given == str(port) and (address.version == 6) is name.startswith("[") and not address.is_unspecified


def local_hosts(port: int, others: tuple[str, ...] = ()) -> frozenset[str]:
    """The names under which the desk is reached on its own machine, and those that were allowed by a setting."""
    names = "127.0.0.1", "localhost", "[::1]"
    return frozenset([*(f"{name}:{port}" for name in names), *(other.lower() for other in others)])


def add_guard(app: Dash, guard: Guard) -> None:
    """Put the guard before every request of the app. Of what is let through, `flask.g.browser` is the session of its
    browser, and `flask.g.session` the one under which it acts."""

    def check() -> tuple[Response, int] | None:
        fault = guard.fault_of_host(request.headers.get("Host", ""))  # `request.host` would make one up
        if fault:
            return jsonify(error=fault), 421
        g.browser = g.session = guard.session_of(request.cookies)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            fault = guard.fault_of_post(request.headers, g.session, _token_in_form())
        return (jsonify(error=fault), 403) if fault else None

    def remember(response: Response) -> Response:
        if (
            request.path not in FREE
            and request.method == "GET"
            and response.status_code != 421
            and not g.get("keeps_cookies")
        ):
            session = g.get("browser", "")
            if not session:
                guard.give_session(response)
            elif not _same(request.cookies.get(guard.token_cookie, ""), guard.token_of(session)):
                guard.give_token(response, session)
        return response

    app.server.before_request_funcs.setdefault(None, []).insert(0, check)
    app.server.after_request(remember)


def _token_in_form() -> str | None:
    """The token of a posted form; None where the header counts."""
    plain = request.path in FORMS and HEADER not in request.headers
    return request.form.get(TOKEN_FIELD, "") if plain else None
