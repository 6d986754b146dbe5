"""The toasts: what happened just now, in the lower left of the chart. What went wrong stays until it is dismissed."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def toasts() -> Component:
    """The empty area; the page's script fills it."""
    return marked(html.Div, None, {"aria-live": "polite"}, id=ids.TOAST_AREA, className="notes")
