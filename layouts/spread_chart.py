"""The spread chart: ten minutes of the spread, one point a market second."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids


def spread_chart() -> Component:
    """The frame of the drawing; the page's script draws the line, its range and its average."""
    plot = html.Div(className="spread-plot fresh")
    scale = html.Div(
        [html.Span("–", className="high"), html.Span("–", className="low")], className="spread-scale micro dim"
    )
    words = html.Div(
        [html.Span("Spread, 10 min"), html.Span(className="sp"), html.Span(className="average fresh")],
        className="hx micro dim",
    )
    return html.Div([words, html.Div([plot, scale], className="spread-body")], id=ids.SPREAD_CHART, className="spread")
