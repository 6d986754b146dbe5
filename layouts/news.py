"""The news: headlines of the symbol or of all, newest first."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.table import empty

NOTHING = ("No news yet.", "Headlines show here as they come, and as a mark on the chart's time axis.")


def news() -> Component:
    """The list without rows, and the choice of what it shows."""
    choice = [filter_button("symbol", "This symbol", chosen=False), filter_button("all", "All", chosen=True)]
    seg = marked(html.Div, choice, {"aria-label": "Which news"}, className="seg", role="group")
    rows = marked(html.Div, None, {"aria-label": "News, newest first", "tabIndex": "0"}, className="rows", role="list")
    return html.Div([html.Div(seg, className="news-head"), rows, empty(*NOTHING)], id=ids.NEWS, className="d-news none")


def filter_button(name: str, label: str, chosen: bool) -> Component:
    """The button of one choice."""
    marks = {"data-news": name, "aria-pressed": "true" if chosen else "false"}
    return marked(html.Button, label, marks, type="button")
