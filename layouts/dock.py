"""The dock: positions, orders and news under the chart, and the ways out of all positions and orders."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.blotter import blotter
from layouts.element import marked
from layouts.news import news
from layouts.positions import positions
from layouts.tabs import count, tab, tabs

LABELS: Final = {"positions": "Positions", "blotter": "Orders", "news": "News"}


def dock() -> Component:
    """Both tables, one over the other, or the news; where there is room for one only, one at a time."""
    narrow = html.Div(tabs("dock", LABELS), className="narrow-only")
    wide = html.Div([account_tab(), tab("dock", "news", "News", chosen=False)], className="tabs wide", role="tablist")
    cancel = html.Button("Cancel all", id=ids.CANCEL_ALL, type="button", className="tb sm")
    flatten = html.Button("Flatten all", id=ids.FLATTEN_ALL, type="button", className="tb sm danger")
    head = html.Div([narrow, wide, html.Span(className="sp"), cancel, flatten], className="ph")
    return marked(
        html.Section,
        [head, positions(), blotter(), news()],
        {"aria-label": "Account and news"},
        className="panel a-dock",
    )


def account_tab() -> Component:
    """Where there is room for both tables one tab stands for both."""
    label = [html.Span(["Positions ", count("positions")]), html.Span(["Orders ", count("blotter")])]
    marks = {"data-group": "dock", "data-tab": "positions", "data-also": "blotter", "aria-selected": "true"}
    return marked(html.Button, label, marks, type="button", role="tab")
