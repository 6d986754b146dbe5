"""The app: page, wires and routes put together on Flask."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Final, Protocol

from dash import Dash
from dash.development.base_component import Component
from flask import Blueprint, Flask

import callbacks.blotter
import callbacks.breaker
import callbacks.delta
import callbacks.header
import callbacks.kill_switch
import callbacks.one_click
import callbacks.positions
import callbacks.ticket
import callbacks.watchlist
from dashboard.guard import HEADER, Guard, add_guard
from dashboard.headers import add_headers
from dashboard.health import add_health
from dashboard.posts import add_post_check
from layouts.page import page
from orders.access import HasAccess

INDEX: Final = """<!doctype html>
<html lang="en" data-theme="dark" data-bs-theme="dark" data-palette="green-red" data-mode="{mode}">
<head>{%metas%}<title>{%title%}</title><link rel="icon" type="image/svg+xml" href="/assets/brand.svg">{%css%}</head>
<body>{%app_entry%}<footer hidden>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""

BOOTSTRAP_URL: Final = "/bootstrap"


class PageSettings(Protocol):
    """The settings that the page needs."""

    @property
    def mode(self) -> str: ...
    @property
    def bar_timeframe(self) -> str: ...
    @property
    def refresh_ms(self) -> int: ...
    @property
    def stale_after_s(self) -> float: ...
    @property
    def stream_feed(self) -> str: ...


def create_app(settings: PageSettings, access: HasAccess, guard: Guard) -> Dash:
    """A Dash app that reads and trades by `access` alone, behind `guard`; nothing that it loads comes from elsewhere."""
    server = Flask("dashboard")
    server.register_blueprint(bootstrap())
    # use_async=False: where asgiref is importable Dash would run each callback through an async bridge, at 3.9 times the cost
    make: Callable[..., Dash] = Dash  # its hints know neither a Flask as server nor an update_title of None
    app = make(
        "dashboard",
        server=server,
        assets_folder="assets",
        title="Tickdesk",
        update_title=None,
        use_async=False,
        serve_locally=True,
        enable_mcp=False,
        external_stylesheets=[f"{BOOTSTRAP_URL}/bootstrap.min.css"],
        meta_tags=[{"name": "viewport", "content": "width=device-width,initial-scale=1"}],
        csrf_token_name=guard.token_cookie,
        csrf_header_name=HEADER,
        index_string=INDEX.replace("{mode}", settings.mode),
    )
    app.layout = page_of(settings)
    register(app, access, settings.mode)
    add_health(server, access.reader, settings.mode, access)
    add_post_check(app)
    add_guard(app, guard)
    add_headers(app, settings.mode)
    return app


def page_of(settings: PageSettings) -> Component:
    """The page's tree."""
    times = settings.refresh_ms, settings.stale_after_s
    return page(settings.mode, settings.bar_timeframe, *times, settings.stream_feed)


def register(app: Dash, access: HasAccess, mode: str) -> None:
    """All wires of the page."""
    callbacks.delta.register(app, access, mode)
    panels = (
        callbacks.header,
        callbacks.ticket,
        callbacks.one_click,
        callbacks.blotter,
        callbacks.positions,
        callbacks.kill_switch,
        callbacks.breaker,
        callbacks.watchlist,
    )
    for panel in panels:
        panel.register(app, access)


def bootstrap() -> Blueprint:
    """Bootstrap's style sheet out of the package that carries it; Dash puts it before ours."""
    folder = files("flask_bootstrap").joinpath("static/bootstrap5/css")
    return Blueprint("bootstrap", __name__, static_folder=str(folder), static_url_path=BOOTSTRAP_URL)
