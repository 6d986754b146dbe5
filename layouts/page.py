"""The page: frame, header, banner, rail, and the Trade and Health pages between which it switches without loading."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.banner import banner
from layouts.blotter import edit_dialog
from layouts.breaker import breaker_dialog
from layouts.chart import chart
from layouts.delta import data_path
from layouts.dock import dock
from layouts.element import marked
from layouts.header import header
from layouts.health import health
from layouts.kill_switch import kill_dialog
from layouts.ladder import ladder
from layouts.one_click import one_click
from layouts.phone import phone_account, phone_quote, phone_tabs, ways_out
from layouts.positions import flatten_dialog
from layouts.quote import quote
from layouts.rail import rail
from layouts.tabs import tabs
from layouts.tape import tape
from layouts.ticket import ticket
from layouts.toasts import toasts
from layouts.watchlist import watchlist


def page(mode: str, interval: str, refresh_ms: int, stale_after_s: float, stock_feed: str) -> Component:
    """Every page, empty: the numbers come with the first delta. The page's script shows the one that the address names."""
    limits = {"data-stale-after-ms": str(round(stale_after_s * 1000))}
    parts = [header(mode), banner(), rail(), trade(mode, interval, stock_feed), health(), ways_out()]
    desk = marked(html.Div, parts, limits, className="app")
    frame = marked(html.Div, None, {"aria-hidden": "true"}, className="frame")
    over = [toasts(), flatten_dialog(), kill_dialog(), edit_dialog(), breaker_dialog()]
    return html.Div([desk, *over, frame, *data_path(refresh_ms, interval)])


def trade(mode: str, interval: str, stock_feed: str) -> Component:
    """The Trade page's panels in their grid."""
    side = html.Div([side_tabs(), quote(), one_click(), ticket()], className="panel a-ticket")
    depth = html.Div([ladder(stock_feed), tape()], className="a-depth")
    marks = {"aria-label": "Trade", "data-side": "ticket", "data-dock": "positions", "data-phone": "chart"}
    title = html.H1("Trade", className="sr")
    panels = [
        title,
        watchlist(),
        phone_quote(),
        chart(mode, interval),
        side,
        depth,
        phone_account(),
        dock(),
        phone_tabs(),
    ]
    return marked(html.Main, panels, marks, className="trade")


def side_tabs() -> Component:
    """Where there is no room for all: ticket, ladder or tape."""
    labels = {"ticket": "Ticket", "ladder": "Ladder", "tape": "Tape"}
    return html.Div(tabs("side", labels), className="ph narrow-only")
