"""The only page, under its few addresses: Dash answers every path with it, and keeps a route for its developer tools. Here all
others are 404."""

from __future__ import annotations

from typing import Final

from dash.exceptions import DependencyException
from flask import Flask, Response, jsonify, request

from layouts.rail import PAGES

HIDDEN: Final = frozenset({"/<path:path>", "/_reload-hash"})
"""Rules of Dash 4.4.1 that nothing of ours asks for."""


PATHS: Final = frozenset(path for _, path, _ in PAGES.values())
"""The addresses of the page itself: its script shows what each names."""


def add_only_page(server: Flask) -> None:
    """Answer these rules with 404: no path looks as if a console or a tool were behind it. So it is with a file of a package
    that Dash does not serve, where Dash itself fails with 500 and a traceback in the log."""

    def check() -> tuple[Response, int] | None:
        rule = request.url_rule
        hidden = rule is not None and rule.rule in HIDDEN and request.path not in PATHS
        return (jsonify(error="There is no such page."), 404) if hidden else None

    server.before_request(check)
    server.register_error_handler(DependencyException, lambda error: (jsonify(error="There is no such file."), 404))
