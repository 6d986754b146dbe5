"""The ladder: the order book's levels about the best bid and ask, or these two alone where the feed has no depth."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def ladder(stock_feed: str) -> Component:
    """The panel without rows; the page's script makes them. `stock_feed`: where the top of a stock's book comes from."""
    title = html.Div(
        [
            html.H2("Ladder"),
            html.Span(className="dim"),
            html.Span(className="sp"),
            html.Span(className="micro dim depth-of"),
        ],
        className="ph",
    )
    names = [html.Span(name, className=css) for name, css in (("Bid", "bs"), ("Price", "p"), ("Ask", "as"))]
    rows = marked(html.Div, None, {"aria-label": "Order book"}, className="lad-rows", role="group")
    marks = {"data-feed": stock_feed.upper(), "aria-label": "Ladder"}
    return marked(
        html.Section,
        [title, html.Div(names, className="lad head"), rows],
        marks,
        id=ids.LADDER,
        className="panel a-ladder",
    )
