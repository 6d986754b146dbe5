"""The breaker of orders: the question before it is reset."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.dialog import dialog


def breaker_dialog() -> Component:
    """Before orders are let through again."""
    words = [
        html.P(
            "Orders failed several times in a row, so the desk stopped sending new ones. Look at the last orders first."
        ),
        html.P("Reset lets new orders through again. The next failures in a row stop them anew."),
    ]
    return dialog(ids.BREAKER_DIALOG, "Reset the breaker", words, "Keep it open", "Reset the breaker", "primary")
