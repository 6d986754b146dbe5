"""The dock: positions and orders under the chart, and the ways out of all of them."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.blotter import blotter
from layouts.element import marked
from layouts.positions import positions
from layouts.tabs import count, tabs

LABELS: Final = {"positions": "Positions", "blotter": "Orders"}


def dock() -> Component:
    """Both tables, one over the other; where there is room for one only, one at a time."""
    choice = html.Div(tabs("dock", LABELS), className="narrow-only")
    titles = [html.H2([label, " ", count(name)], className="wide") for name, label in LABELS.items()]
    cancel = html.Button("Cancel all", id=ids.CANCEL_ALL, type="button", className="tb sm")
    flatten = html.Button("Flatten all", id=ids.FLATTEN_ALL, type="button", className="tb sm danger")
    head = html.Div([choice, *titles, html.Span(className="sp"), cancel, flatten], className="ph")
    return marked(html.Section, [head, positions(), blotter()], {"aria-label": "Account"}, className="panel a-dock")
