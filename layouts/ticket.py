"""The ticket: side, type, time in force, quantity and price, what it comes to, and the button that sends it."""

from __future__ import annotations

from typing import Any, Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from domain.order import OrderType, Side, TimeInForce
from layouts import ids
from layouts.element import marked
from layouts.icon import icon

STARTS_WITH: Final = 10
PRESETS: Final = (10, 25, 50, 100, 200)

TYPES: Final = {OrderType.MARKET: "Market", OrderType.LIMIT: "Limit"}
TIMES: Final = {
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "Until canceled",
    TimeInForce.IOC: "Now or cancel",
    TimeInForce.FOK: "All or nothing",
}
"""Alpaca's word to what the page says."""


def ticket() -> Component:
    """The panel. Its numbers come with the first delta."""
    parts = [sides(), kind(), time_in_force(), quantity(), presets(), limit_price(), pegs(), preview(), locked()]
    return marked(html.Section, [*parts, submit(), message()], {"aria-label": "Order ticket"}, className="ticket")


def sides() -> Component:
    """Buy or sell."""
    buttons = [side(each, each is Side.BUY) for each in Side]
    marks = {"aria-label": "Side", "data-value": Side.BUY.value}
    return marked(html.Div, buttons, marks, id=ids.TICKET_SIDE, className="seg side t-side", role="group")


def side(each: Side, pressed: bool) -> Component:
    """The button of one side."""
    marks = {"data-value": each.value, "aria-pressed": "true" if pressed else "false"}
    return marked(html.Button, each.value.capitalize(), marks, type="button", className=f"s-{each.value}")


def field(css: str, name: str, label: str, control: Component, id_: str) -> Component:
    """A control under its label, with room for what is wrong with it."""
    error = marked(html.Span, None, {"data-error": name}, className="err", hidden=True)
    return html.Div([html.Label(label, htmlFor=id_), control, error], className=f"field {css}")


def kind() -> Component:
    """The order's type."""
    chosen = dbc.Select(options(TYPES), OrderType.MARKET.value, id=ids.TICKET_TYPE, class_name="pick")
    return field("t-type", "type", "Type", chosen, ids.TICKET_TYPE)


def time_in_force() -> Component:
    """How long the order works."""
    chosen = dbc.Select(options(TIMES), TimeInForce.DAY.value, id=ids.TICKET_TIF, class_name="pick")
    return field("t-tif", "time_in_force", "Time in force", chosen, ids.TICKET_TIF)


def options(words: Any) -> list[dict[str, str]]:
    """Choices of a select."""
    return [{"value": word.value, "label": label} for word, label in words.items()]


def stepped(id_: str, value: str, less: str, more: str) -> Component:
    """A field for a number, with a button on each side of it."""
    entry = dbc.Input(id=id_, type="text", inputmode="decimal", autocomplete="off", maxlength=64, value=value)
    buttons = [step("−", -1, less), step("+", 1, more)]
    return html.Div([buttons[0], entry, buttons[1]], className="input")


def step(sign: str, by: int, meaning: str) -> Component:
    """One step down or up."""
    marks = {"aria-label": meaning, "data-step": str(by)}
    return marked(html.Button, sign, marks, type="button", tabIndex="-1")


def quantity() -> Component:
    """Shares."""
    entry = stepped(ids.TICKET_QTY, str(STARTS_WITH), "Less", "More")
    return field("t-qty", "qty", "Quantity", entry, ids.TICKET_QTY)


def presets() -> Component:
    """Quantities by one click; "Close" is that of the position."""
    buttons = [chip(str(qty), {"data-qty": str(qty)}) for qty in PRESETS]
    close = chip("Close", {"data-qty": "close"})
    marks = {"aria-label": "Quantity presets"}
    return marked(html.Div, [*buttons, close], marks, className="chips t-chips", role="group")


def chip(label: str, marks: dict[str, str]) -> Component:
    """A small button that fills in a field."""
    return marked(html.Button, label, {**marks, "aria-pressed": "false"}, type="button", className="chip")


def limit_price() -> Component:
    """The limit; off for a market order."""
    entry = stepped(ids.TICKET_LIMIT_PRICE, "", "One tick down", "One tick up")
    return field("t-limit", "limit_price", "Limit price", entry, ids.TICKET_LIMIT_PRICE)


def pegs() -> Component:
    """Limit prices by one click."""
    buttons = [chip(name.capitalize(), {"data-peg": name}) for name in ("bid", "mid", "ask")]
    return marked(html.Div, buttons, {"aria-label": "Price presets"}, className="chips t-peg", role="group")


def preview() -> Component:
    """What the ticket comes to, by the numbers on the page."""
    money = {"cost": "Cost", "power": "Buying power after"}
    pairs = [
        part for name, label in money.items() for part in (html.Span(label), html.Span("–", className=f"p-{name}"))
    ]
    after = html.Span([html.B("–"), html.Span(className="dim")], className="p-after")
    return html.Div(html.Div([*pairs, html.Span("Position after"), after], className="kv"), className="preview fresh")


def locked() -> Component:
    """Why no order may be opened now; shown instead of the preview."""
    return html.Div([icon("i-lock"), html.Span(className="why")], className="locked", hidden=True)


def submit() -> Component:
    """The button; the page's script writes on it what it will send."""
    marks = {"data-side": Side.BUY.value}
    return marked(html.Button, "Buy", marks, id=ids.TICKET_SUBMIT, type="button", className="tb submit buy")


def message() -> Component:
    """What became of the last ticket."""
    return marked(html.Div, None, {"aria-live": "polite"}, id=ids.TICKET_MESSAGE, className="message", role="status")
