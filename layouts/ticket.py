"""The ticket: side, type, time in force, quantity and price, what it comes to, and the button that sends it."""

from __future__ import annotations

from typing import Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from domain.order import OrderType, Side, TimeInForce
from layouts import ids
from layouts.bracket import bracket
from layouts.element import marked
from layouts.icon import icon
from layouts.ticket_field import chip, entry, field, options, stepped, wide

STARTS_WITH: Final = 10
PRESETS: Final = (10, 25, 50, 100, 200)

TYPES: Final = {
    OrderType.MARKET: "Market",
    OrderType.LIMIT: "Limit",
    OrderType.STOP: "Stop",
    OrderType.STOP_LIMIT: "Stop limit",
    OrderType.TRAILING_STOP: "Trailing stop",
}
TIMES: Final = {
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "Until canceled",
    TimeInForce.IOC: "Now or cancel",
    TimeInForce.FOK: "All or nothing",
    TimeInForce.OPG: "At the open",
    TimeInForce.CLS: "At the close",
}
"""Alpaca's word to what the page says."""


def ticket() -> Component:
    """The panel. Its numbers come with the first delta."""
    asked = [sides(), kind(), time_in_force(), quantity(), presets(), limit_price(), stop_price()]
    parts = [*asked, pegs(), extended_hours(), bracket(), preview(), locked()]
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


def kind() -> Component:
    """The order's type."""
    chosen = dbc.Select(options(TYPES), OrderType.MARKET.value, id=ids.TICKET_TYPE, class_name="pick")
    return field("t-type", "type", "Type", chosen, ids.TICKET_TYPE)


def time_in_force() -> Component:
    """How long the order works."""
    chosen = dbc.Select(options(TIMES), TimeInForce.DAY.value, id=ids.TICKET_TIF, class_name="pick")
    return field("t-tif", "time_in_force", "Time in force", chosen, ids.TICKET_TIF)


def quantity() -> Component:
    """Shares, or an amount of money with its sign."""
    control = stepped(entry(ids.TICKET_QTY, str(STARTS_WITH)), "Less", "More")
    return field("t-qty", "qty", ["Quantity ", wide("in shares, or $500")], control, ids.TICKET_QTY)


def presets() -> Component:
    """Quantities by one click; "Close" is that of the position."""
    buttons = [chip(str(qty), {"data-qty": str(qty)}) for qty in PRESETS]
    close = chip("Close", {"data-qty": "close"})
    marks = {"aria-label": "Quantity presets"}
    return marked(html.Div, [*buttons, close], marks, className="chips t-chips", role="group")


def limit_price() -> Component:
    """The limit; off where the type has none."""
    control = stepped(entry(ids.TICKET_LIMIT_PRICE), "One tick down", "One tick up")
    return field("t-limit", "limit_price", "Limit price", control, ids.TICKET_LIMIT_PRICE)


def stop_price() -> Component:
    """The price that sets the order off, or how far a trailing stop stays behind; off where the type has none."""
    control = stepped(entry(ids.TICKET_STOP_PRICE), "One step down", "One step up")
    return field("t-stop", "stop_price", html.Span("Stop price"), control, ids.TICKET_STOP_PRICE)


def pegs() -> Component:
    """Limit prices by one click."""
    buttons = [chip(name.capitalize(), {"data-peg": name}) for name in ("bid", "mid", "ask")]
    return marked(html.Div, buttons, {"aria-label": "Price presets"}, className="chips t-peg", role="group")


def extended_hours() -> Component:
    """Whether the order works before the open and after the close too."""
    box = dbc.Checkbox(id=ids.TICKET_EXTENDED, label="Extended hours", value=False, class_name="check")
    error = marked(html.Span, None, {"data-error": "extended_hours"}, className="err", hidden=True)
    return html.Div([box, error], className="t-ext")


def preview() -> Component:
    """What the ticket comes to, by the numbers on the page."""
    money = {"cost": "Cost", "power": "Buying power after"}
    pairs = [
        part for name, label in money.items() for part in (html.Span(label), html.Span("–", className=f"p-{name}"))
    ]
    after = html.Span([html.B("–"), html.Span(className="dim")], className="p-after")
    risk = [
        html.Span("Risk to stop", className="of-bracket"),
        html.Span([html.Span(), html.Span(className="dim")], className="p-risk of-bracket"),
    ]
    reward = [html.Span("Reward to risk", className="of-bracket"), html.Span(className="p-reward of-bracket")]
    rows = [*pairs, html.Span("Position after"), after, *risk, *reward]
    return html.Div(html.Div(rows, className="kv"), className="preview fresh")


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
