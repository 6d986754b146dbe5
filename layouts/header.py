"""The header: which world this is, the choice of a symbol, clock and health of the data, the account, and KILL."""

from __future__ import annotations

from typing import Final

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.connection import connection
from layouts.element import marked
from layouts.icon import icon
from layouts.kill_switch import kill_switch
from layouts.look_menu import look_menu

MODES: Final = {
    "sim": ("SIM", "Practice market", "i-flask"),
    "paper": ("PAPER", "Paper account", "i-flask"),
    "live": ("LIVE", "Real money", "i-warn"),
}
"""Mode: its word, what it means, its icon. LIVE alone means real money."""


def mode_label(mode: str) -> Component:
    """The mode in the mode's own colour, always in the same corner."""
    word, meaning, sign = MODES[mode]
    return html.Div([icon(sign), word, html.Small(meaning)], id=ids.MODE_LABEL, className="mode")


def symbol_search() -> Component:
    """The box that filters the symbols, and the list that opens under it."""
    entry = dbc.Input(
        id=ids.SYMBOL_SEARCH,
        type="text",
        placeholder="Symbol",
        autocomplete="off",
        maxlength=20,
        class_name="search-box",
    )
    matches = marked(
        html.Div,
        None,
        {"aria-label": "Symbols"},
        id=ids.SYMBOL_MATCHES,
        className="matches",
        role="listbox",
        hidden=True,
    )
    return html.Div([icon("i-search", "i-s"), entry, html.Kbd("/"), matches], className="search", role="search")


def market_clock() -> Component:
    """The market's time, and above it what the session does next."""
    time = html.Span([html.Span("–", className="time"), html.Span(" ET", className="mut day")])
    return html.Div([html.Span("Market time", className="session"), time], id=ids.MARKET_CLOCK, className="stat")


def account() -> list[Component]:
    """Equity and the day's profit or loss, of the account that the worker is connected to."""
    missing = html.Span("–", className="fresh")
    equity = html.Div([html.Span("Equity"), missing], id=ids.EQUITY, className="stat")
    profit = [html.Span("–", className="sum"), html.Span(className="part")]
    day = html.Div([html.Span("Day P&L"), html.Span(profit, className="fresh")], id=ids.DAY_PNL, className="stat")
    return [html.I(className="vrule"), equity, day, html.I(className="vrule")]


def user() -> Component:
    """Who is logged in, as what, and the way out; the page's script fills it where there are users."""
    who = html.Span([html.B(className="name"), html.Small(className="role")], className="who")
    out = html.Button("Log out", id=ids.LOG_OUT, type="button", className="tb sm")
    return html.Div([who, out], id=ids.USER, className="user", hidden=True)


def header(mode: str) -> Component:
    """The whole header. KILL has the first focus of the page, and its place at the right end by the style sheet."""
    brand = html.Div([html.I(className="brand-mark"), html.Span("Tickdesk", className="brand-name")], className="brand")
    spring = html.Span(className="sp")
    state = [market_clock(), connection(), *account(), user(), look_menu()]
    return html.Header([kill_switch(), brand, mode_label(mode), symbol_search(), spring, *state], className="top")
