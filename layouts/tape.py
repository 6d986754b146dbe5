"""Time and sales: the prints of the symbol, newest first."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def tape() -> Component:
    """The panel without rows; the page's script makes them."""
    title = html.Div(
        [html.H2("Time & sales"), html.Span(className="sp"), html.Span("▲ at ask ▼ at bid", className="dim micro")],
        className="ph",
    )
    names = ("", "Time", "Price", "Size")
    columns = html.Div([html.Span(name) for name in names], className="tape-row columns")
    rows = marked(html.Div, None, {"aria-label": "Prints, newest first"}, className="rows", role="group")
    return html.Section([title, columns, rows], id=ids.TAPE, className="panel a-tape")
