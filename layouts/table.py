"""A table whose rows the page's script makes and changes in place."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.element import marked


def table(label: str, columns: tuple[str, ...], left: int) -> Component:
    """The head, an empty body and an empty foot; the first `left` columns are text, the others numbers. One without a name
    is that of the buttons."""
    heads = [
        html.Th(name or html.Span("Actions", className="sr"), className="" if place < left else "num", scope="col")
        for place, name in enumerate(columns)
    ]
    parts = [html.Thead(html.Tr(heads)), html.Tbody(), html.Tfoot()]
    return marked(html.Table, parts, {"aria-label": label}, className="g")


def empty(what: str, todo: str) -> Component:
    """What a table says while it has no rows."""
    return html.Div([html.B(what), html.Span(todo)], className="empty")
