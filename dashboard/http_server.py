"""What gunicorn says by itself, before any request reaches the app: its log lines, and its refusals of what is no HTTP."""

from __future__ import annotations

import socket
from typing import Any, Final

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

HEADERS: Final = (
    b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Referrer-Policy: no-referrer\r\n"
    b"Cache-Control: no-store\r\n"
)
"""There is nothing in a refusal that a browser should load, show elsewhere or keep."""


class OurLog(Logger):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn's log without handlers of its own: its lines go where the process's others go, without their secrets."""

    def setup(self, cfg: Any) -> None:
        """Called at the start, and again where the settings are loaded anew."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in list(log.handlers):
                log.removeHandler(handler)
            log.propagate = True


class CarefulWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """A worker whose own refusals carry security headers, as every answer of the app does."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuse what cannot be read as a request."""
        super().handle_error(req, _WithHeaders(client), addr, exc)


class _WithHeaders:
    """A socket that adds headers to the one answer that is written to it."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        """Send an answer, with the headers after its first line."""
        first, end, rest = answer.partition(b"\r\n")
        self._client.sendall(first + end + HEADERS + rest)
