"""The positions: what is held, what it is worth, and the way out of each."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.table import empty, table

COLUMNS = ("Position", "Qty", "Average", "Last", "Value", "Unrealised", "%", "Realised", "")

NOTHING = ("No positions yet.", "Buy or sell in the ticket. What you hold shows here with its profit and loss.")


def positions() -> Component:
    """The table without rows, and the words that stand for them."""
    parts = [table(ids.POSITIONS, "Positions", COLUMNS, left=1), empty(*NOTHING)]
    return html.Div(parts, className="d-positions")
