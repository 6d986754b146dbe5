"""The blotter: the orders of the day, those that work first, and the question by which one is changed."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.dialog import dialog
from layouts.table import empty, table
from layouts.ticket_field import entry, field

COLUMNS = ("Order", "Side", "Type", "TIF", "State", "Filled", "Price", "Price paid", "Time", "")

NOTHING = ("No orders yet.", "What you send shows here, from the moment you send it until it is done.")


def blotter() -> Component:
    """The table without rows, and the words that stand for them."""
    parts = [table("Orders of the day", COLUMNS, left=5), empty(*NOTHING)]
    return html.Div(parts, id=ids.BLOTTER, className="d-blotter none")


def edit_dialog() -> Component:
    """Before a working order is replaced; the page's script fills in what it has now and hides what it does not use."""
    fields = (
        ("qty", "Quantity", ids.EDIT_QTY),
        ("limit_price", "Limit price", ids.EDIT_LIMIT_PRICE),
        ("stop_price", "Stop price", ids.EDIT_STOP_PRICE),
    )
    asked = [field(f"e-{name}", f"edit_{name}", label, entry(id_), id_) for name, label, id_ in fields]
    words = [html.P(className="what"), html.Div([_framed(each) for each in asked], className="edit-fields")]
    return dialog(ids.EDIT_DIALOG, "Edit order", words, "Keep as it is", "Replace order", "primary")


def _framed(asked: Component) -> Component:
    """The frame that an entry of the ticket has, too."""
    asked.children[1] = html.Div(asked.children[1], className="input")
    return asked
