"""The kill switch: the button, and the question before it is taken off."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.dialog import dialog
from layouts.element import marked
from layouts.icon import icon


def kill_switch() -> Component:
    """KILL: acts at once, asks nothing."""
    return marked(
        html.Button,
        [icon("i-power"), html.Span("KILL")],
        {"aria-pressed": "false"},
        id=ids.KILL_SWITCH,
        type="button",
        className="kill",
        title="Refuse every new order and cancel what works (Shift+K)",
    )


def kill_dialog() -> Component:
    """Before the kill switch is taken off."""
    words = [html.P("New orders will be let through again. What was canceled stays canceled.")]
    return dialog(ids.KILL_DIALOG, "Take the kill switch off", words, "Keep it on", "Take it off", "primary")
