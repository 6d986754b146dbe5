"""The icons: shapes of the style sheet."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.element import marked


def icon(name: str, size: str = "") -> Component:
    """An icon in the colour of the text around it; no reader reads it out."""
    return marked(html.I, None, {"aria-hidden": "true"}, className=f"i {name} {size}".strip())
