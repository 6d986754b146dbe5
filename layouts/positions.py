"""The positions: what is held, what it is worth, the way out of each, and the question before all are closed."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.dialog import dialog
from layouts.table import empty, table

COLUMNS = ("Position", "Qty", "Average", "Last", "Value", "Unrealised", "%", "Realised", "")

NOTHING = ("No positions yet.", "Buy or sell in the ticket. What you hold shows here with its profit and loss.")


def positions() -> Component:
    """The table without rows, and the words that stand for them."""
    parts = [table("Positions", COLUMNS, left=1), empty(*NOTHING)]
    return html.Div(parts, id=ids.POSITIONS, className="d-positions none")


def flatten_dialog() -> Component:
    """Before every position is closed; the page's script lists what will be sent."""
    words = [html.P("This cancels every working order and sends these market orders:"), html.Ul(className="will-send")]
    return dialog(ids.FLATTEN_DIALOG, "Flatten all", words, "Keep positions", "Flatten all", "danger")
