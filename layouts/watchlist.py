"""The watchlist: a row a symbol with last, change of the day, spread, age and, where there is room, a sparkline."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.icon import icon


def watchlist() -> Component:
    """The panel without rows; the page's script makes one a symbol, in the order of the desk."""
    add = marked(
        html.Button, icon("i-plus"), {"aria-label": "Add a symbol"}, type="button", className="icon-btn add-symbol"
    )
    parts = [html.H2("Watchlist"), html.Span(className="dim wide count-of"), html.Span(className="sp"), add]
    rows = marked(html.Div, loading_rows(), {"aria-label": "Watchlist"}, className="rows", role="listbox")
    foot = html.Div([html.Span(className="used"), html.Span(className="why")], className="wl-foot")
    return html.Section(
        [html.Div(parts, className="ph"), columns(), rows, foot], id=ids.WATCHLIST, className="panel a-watch"
    )


def columns() -> Component:
    """What the lines of a row are."""
    names = html.Span(["Symbol", html.Span(" · spread · age", className="wide")])
    return html.Div([names, html.Span(className="sp"), html.Span("Last · day")], className="ph columns")


def loading_rows() -> list[Component]:
    """Grey blocks of the final size, so that nothing moves when the numbers come."""
    block = [html.I(className="skeleton"), html.I(className="skeleton short")]
    return [marked(html.Div, block, {"aria-hidden": "true"}, className="wl-row loading") for _ in range(12)]
