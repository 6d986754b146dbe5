"""The Trade page: frame, header, banner and the panels in their grid."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.banner import banner
from layouts.chart import chart
from layouts.delta import data_path
from layouts.dock import dock
from layouts.element import marked
from layouts.header import header
from layouts.kill_switch import kill_dialog
from layouts.one_click import one_click
from layouts.positions import flatten_dialog
from layouts.quote import quote
from layouts.tabs import tabs
from layouts.tape import tape
from layouts.ticket import ticket
from layouts.toasts import toasts
from layouts.watchlist import watchlist


def page(mode: str, interval: str, refresh_ms: int, stale_after_s: float) -> Component:
    """The whole page, empty: every number on it comes with the first delta."""
    side = html.Div([side_tabs(), quote(), one_click(), ticket()], className="panel a-ticket")
    panels = [watchlist(), chart(mode, interval), side, tape(), dock()]
    trade = marked(
        html.Main, panels, {"aria-label": "Trade", "data-side": "ticket", "data-dock": "positions"}, className="trade"
    )
    limits = {"data-stale-after-ms": str(round(stale_after_s * 1000))}
    desk = marked(html.Div, [header(mode), banner(), trade], limits, className="app")
    frame = marked(html.Div, None, {"aria-hidden": "true"}, className="frame")
    over = [toasts(), flatten_dialog(), kill_dialog()]
    return html.Div([desk, *over, frame, *data_path(refresh_ms, interval)])


def side_tabs() -> Component:
    """Where there is no room for both: ticket or tape."""
    return html.Div(tabs("side", {"ticket": "Ticket", "tape": "Tape"}), className="ph narrow-only")
