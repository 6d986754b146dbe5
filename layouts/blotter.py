"""The blotter: the orders of the day, those that work first."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.table import empty, table

COLUMNS = ("Order", "Side", "Type", "TIF", "State", "Filled", "Limit", "Price paid", "Time", "")

NOTHING = ("No orders yet.", "What you send shows here, from the moment you send it until it is done.")


def blotter() -> Component:
    """The table without rows, and the words that stand for them."""
    parts = [table("Orders of the day", COLUMNS, left=5), empty(*NOTHING)]
    return html.Div(parts, id=ids.BLOTTER, className="d-blotter none")
