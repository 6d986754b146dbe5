"""The banner over the desk while its numbers may not be believed: what happened, what it means, what to do."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.header import icon


def banner() -> Component:
    """An empty, hidden banner; the page's script fills and shows it."""
    say = html.Span([html.B(className="what"), " ", html.Span(className="means")])
    parts = [icon("i-warn"), say, html.Span(className="sp"), html.Span(className="todo mut")]
    return html.Div(parts, id=ids.BANNER, className="banner", role="alert", hidden=True)
