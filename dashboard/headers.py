"""The security headers of every answer."""

from __future__ import annotations

from dash import Dash
from flask import Response


def add_headers(app: Dash, mode: str) -> None:
    """Every answer of the app's server says what a browser may do with it."""
    policy = content_policy(app, mode)

    def secure(response: Response) -> Response:
        return with_headers(response, policy)

    app.server.after_request(secure)


def content_policy(app: Dash, mode: str) -> str:
    """Nothing from elsewhere. Dash's own inline script is let through by its hash, Plotly's inline styles by name.

    On the practice market, where no money is, tools that watch the page may evaluate expressions in it.
    """
    tools = ["'unsafe-eval'"] if mode == "sim" else []
    parts = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *app.csp_hashes(), *tools]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def with_headers(response: Response, policy: str) -> Response:
    """The response with its headers set."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # without any, a form of ours is posted with Origin: null
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    return response
