"""The watchlist: a row a symbol with last, change of the day, spread, age and, where there is room, a sparkline."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def watchlist() -> Component:
    """The panel without rows; the page's script makes one a symbol, in the order of the desk."""
    title = html.Div([html.H2("Watchlist"), html.Span(className="dim wide count-of")], className="ph")
    columns = html.Div(
        [
            html.Span(["Symbol", html.Span(" · spread · age", className="wide")]),
            html.Span(className="sp"),
            html.Span("Last · day"),
        ],
        className="ph columns",
    )
    rows = marked(html.Div, loading_rows(), {"aria-label": "Watchlist"}, className="rows", role="listbox")
    return html.Section([title, columns, rows], id=ids.WATCHLIST, className="panel a-watch")


def loading_rows() -> list[Component]:
    """Grey blocks of the final size, so that nothing moves when the numbers come."""
    block = [html.I(className="skeleton"), html.I(className="skeleton short")]
    return [marked(html.Div, block, {"aria-hidden": "true"}, className="wl-row loading") for _ in range(12)]
