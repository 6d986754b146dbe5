"""The Trade page: frame, header, banner and the panels in their grid."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.banner import banner
from layouts.chart import chart
from layouts.delta import data_path
from layouts.element import marked
from layouts.header import header
from layouts.quote import quote
from layouts.tape import tape
from layouts.watchlist import watchlist


def page(mode: str, interval: str, refresh_ms: int, stale_after_s: float) -> Component:
    """The whole page, empty: every number on it comes with the first delta."""
    side = html.Div([quote(), tape()], className="a-side")
    trade = marked(html.Main, [watchlist(), chart(mode, interval), side], {"aria-label": "Trade"}, className="trade")
    limits = {"data-stale-after-ms": str(round(stale_after_s * 1000))}
    desk = marked(html.Div, [header(mode), banner(), trade], limits, className="app")
    frame = marked(html.Div, None, {"aria-hidden": "true"}, className="frame")
    return html.Div([desk, frame, *data_path(refresh_ms, interval)])
