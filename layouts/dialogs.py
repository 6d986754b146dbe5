"""The dialogs: only before what cannot be undone. The safe button has the first focus; the other one says what it does."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked


def flatten_dialog() -> Component:
    """Before every position is closed; the page's script lists what will be sent."""
    words = [html.P("This cancels every working order and sends these market orders:"), html.Ul(className="will-send")]
    return dialog(ids.FLATTEN_DIALOG, "Flatten all", words, "Keep positions", "Flatten all", "danger")


def kill_dialog() -> Component:
    """Before the kill switch is taken off."""
    words = [html.P("New orders will be let through again. What was canceled stays canceled.")]
    return dialog(ids.KILL_DIALOG, "Take the kill switch off", words, "Keep it on", "Take it off", "primary")


def dialog(id_: str, title: str, words: Sequence[Component], safe: str, verb: str, css: str) -> Component:
    """A dialog with the button that keeps things as they are and the one that acts."""
    keep = marked(html.Button, safe, {"data-act": "keep"}, type="button", className="tb", autoFocus="autofocus")
    act = marked(html.Button, verb, {"data-act": id_}, type="button", className=f"tb {css}")
    parts = [html.H2(title), *words, html.Div([keep, act], className="acts")]
    shown: Component = dbc.Modal(html.Div(parts, className="asking"), id=id_, is_open=False, centered=True, fade=False)
    return shown
