"""The connection: the lamp with the state and age of the market data, and under it a list of all streams."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def connection() -> Component:
    """The lamp, and the button over it that opens the list."""
    marks = {"aria-label": "All streams", "aria-expanded": "false", "aria-controls": ids.STREAMS}
    opener = marked(html.Button, None, marks, type="button", className="lamp-open")
    return html.Div([lamp(), opener, streams()], className="lamp-box")


def lamp() -> Component:
    """The state of the main stream, with a shape, a word and an age."""
    age = marked(html.Span, "–", {"data-age-ms": "", "aria-hidden": "true"}, id=ids.DATA_AGE, className="age")
    return marked(
        html.Div,
        [html.I(className="dot"), html.B("CONNECTING"), age],
        {"data-state": "connecting", "aria-live": "polite"},
        id=ids.CONNECTION_LAMP,
        className="lamp",
        role="status",
    )


def streams() -> Component:
    """The empty list; the page's script makes a row a stream."""
    return marked(
        html.Div, None, {"aria-label": "Streams"}, id=ids.STREAMS, className="streams", role="group", hidden=True
    )
