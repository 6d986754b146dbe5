"""A reverse proxy before the desk: what it says of the client is believed only if it comes from an address that was named.

Anybody can send X-Forwarded-For; who believed it from everybody would let everybody choose an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final

from flask import Request
from werkzeug.middleware.proxy_fix import ProxyFix

FORWARDED: Final = (
    *("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"),
    *("HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP"),
)
THROUGH: Final = "tickdesk.through_proxy"

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TrustedProxy:
    """WSGI: takes client, scheme and host from the last word of a trusted proxy, and drops what others claim."""

    def __init__(self, app: Wsgi, trusted: tuple[str, ...]) -> None:
        self._app, self._trusted = app, frozenset(trusted)
        self._behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        environ[THROUGH] = any(name in environ for name in FORWARDED)
        if environ.get("REMOTE_ADDR", "") in self._trusted:
            return self._behind(environ, start_response)
        for name in FORWARDED:
            environ.pop(name, None)
        return self._app(environ, start_response)


def is_local(request: Request) -> bool:
    """Whether a request comes from a program on this machine, and no proxy stands between."""
    if request.environ.get(THROUGH) or any(name in request.environ for name in FORWARDED):
        return False
    try:
        peer = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return peer.is_loopback and _names_loopback(request.host)


def _names_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name.lower() in {"127.0.0.1", "localhost", "[::1]"}
