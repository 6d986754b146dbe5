"""The breaker of orders: how many failed in a row, and the question before it is reset."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.dialog import dialog
from layouts.element import marked

MEANING: Final = (
    "At the last one the desk refuses new orders until somebody resets it. "
    "Cancels and exits always pass. It outlives a restart."
)


def breaker_dialog() -> Component:
    """Before orders are let through again."""
    words = [
        html.P(
            "Orders failed several times in a row, so the desk stopped sending new ones. Look at the last orders first."
        ),
        html.P("Reset lets new orders through again. The next failures in a row stop them anew."),
    ]
    return dialog(ids.BREAKER_DIALOG, "Reset the breaker", words, "Keep it open", "Reset the breaker", "primary")


def breaker_parts() -> list[Component]:
    """Its part of the Health page; the page's script makes a cell for each failure that is allowed."""
    state = html.Span(className="tag breaker-state")
    head = html.Div([html.H2("Order breaker"), html.Span(className="sp"), state], className="ph")
    count = html.Div([html.Span("Failures in a row"), html.Span("–", className="v")], className="lbl")
    cells = marked(html.Div, None, {"aria-hidden": "true"}, className="cells")
    reset = html.Button("Reset the breaker", id=ids.HEALTH_BREAKER_RESET, type="button", className="tb sm", hidden=True)
    words = html.P(MEANING, className="dim micro")
    return [head, html.Div([count, cells, words, reset], className="pb breaker")]
