"""The app: page, wires and routes put together on Flask."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from importlib.resources import files
from typing import Any, Final, Protocol

from dash import Dash
from dash.development.base_component import Component
from flask import Blueprint, Flask, g

import callbacks.blotter
import callbacks.breaker
import callbacks.delta
import callbacks.header
import callbacks.kill_switch
import callbacks.one_click
import callbacks.positions
import callbacks.ticket
import callbacks.watchlist
from dashboard.door import Door
from dashboard.guard import HEADER, Guard, add_guard
from dashboard.headers import add_headers
from dashboard.health import add_health
from dashboard.login import LoginDesk, add_login
from dashboard.login_tries import LoginTries
from dashboard.logins import Logins
from dashboard.only_page import add_only_page
from dashboard.posts import add_post_check
from dashboard.roles import add_roles
from dashboard.users import Users
from layouts.page import page
from orders.access import HasAccess

INDEX: Final = """<!doctype html>
<html lang="en" data-theme="dark" data-bs-theme="dark" data-palette="green-red" data-mode="{mode}"
 data-user="{user}" data-role="{role}">
<head>{%metas%}<script src="/assets/early_look.js"></script>
<title>{%title%}</title><link rel="icon" type="image/svg+xml" href="/assets/brand.svg">{%css%}</head>
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
    server = Flask("dashboard", static_folder=None)
    server.debug, server.config["PROPAGATE_EXCEPTIONS"] = False, False  # FLASK_DEBUG would show tracebacks to strangers
    server.register_blueprint(bootstrap())
    # use_async=False: where asgiref is importable Dash would run each callback through an async bridge, at 3.9 times the cost
    make: Callable[..., Dash] = UsersDash  # its hints know neither a Flask as server nor an update_title of None
    app = make(
        "dashboard",
        server=server,
        assets_folder="assets",
        assets_ignore="^(login|early)",  # what the page names itself, or does not need,
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
    add_users(app, access, guard, settings.mode)
    add_post_check(app)
    add_only_page(server)
    add_guard(app, guard)
    add_headers(app, settings.mode)
    return app


class UsersDash(Dash):
    """Dash, with who is logged in on the page's root: `data-user`, empty on an open desk, and `data-role`."""

    def interpolate_index(self, *parts: Any, **named: Any) -> str:
        """The page's HTML for this request."""
        html: str = super().interpolate_index(*parts, **named)  # type: ignore[no-untyped-call]
        return html.replace("{user}", escape(g.user.name)).replace("{role}", g.user.role)


def add_users(app: Dash, access: HasAccess, guard: Guard, mode: str) -> None:
    """Login, logout, and the check of each request's role."""
    users, logins = Users(access.journal), Logins(access.journal)
    door = Door(users, logins, guard.open)
    add_roles(app, door, access.journal)
    add_login(app.server, LoginDesk(users, logins, LoginTries(access.journal), door, guard, mode))


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
