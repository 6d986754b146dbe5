"""The banner over the desk while its numbers may not be believed: what happened, what it means, what to do."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.icon import icon


def banner() -> Component:
    """An empty, hidden banner; the page's script fills and shows it."""
    say = html.Span([html.B(className="what"), " ", html.Span(className="means")])
    shown = [icon("i-warn"), say, html.Span(className="sp"), html.Span(className="todo mut")]
    seen = marked(html.Div, shown, {"aria-hidden": "true"}, className="seen")
    # What a screen reader hears changes with the state only; the age that is seen counts on.
    heard = html.Div(className="sr heard", role="alert")
    reset = html.Button("Reset the breaker", id=ids.BREAKER_RESET, type="button", className="tb sm", hidden=True)
    return html.Div([seen, reset, heard], id=ids.BANNER, className="banner", hidden=True)
