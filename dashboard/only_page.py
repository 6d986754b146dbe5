"""The only page: Dash answers every unknown path with the page, and keeps a route for its developer tools. Here both are 404."""

from __future__ import annotations

from typing import Final

from dash.exceptions import DependencyException
from flask import Flask, Response, jsonify, request

HIDDEN: Final = frozenset({"/<path:path>", "/_reload-hash"})
"""Rules of Dash 4.4.1 that nothing of ours asks for."""


def add_only_page(server: Flask) -> None:
    """Answer these rules with 404: no path looks as if a console or a tool were behind it. So it is with a file of a package
    that Dash does not serve, where Dash itself fails with 500 and a traceback in the log."""

    def check() -> tuple[Response, int] | None:
        rule = request.url_rule
        hidden = rule is not None and rule.rule in HIDDEN
        return (jsonify(error="There is no such page."), 404) if hidden else None

    server.before_request(check)
    server.register_error_handler(DependencyException, lambda error: (jsonify(error="There is no such file."), 404))
