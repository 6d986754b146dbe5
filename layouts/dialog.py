"""A dialog: only before what cannot be undone. The safe button has the first focus; the other one says what it does."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from layouts.element import marked


def dialog(id_: str, title: str, words: Sequence[Component], safe: str, verb: str, css: str) -> Component:
    """A dialog with the button that keeps things as they are and the one that acts."""
    keep = marked(html.Button, safe, {"data-act": "keep"}, type="button", className="tb", autoFocus="autofocus")
    act = marked(html.Button, verb, {"data-act": id_}, type="button", className=f"tb {css}")
    parts = [html.H2(title), *words, html.Div([keep, act], className="acts")]
    shown: Component = dbc.Modal(html.Div(parts, className="asking"), id=id_, is_open=False, centered=True, fade=False)
    return shown
