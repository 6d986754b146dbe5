"""What only a phone shows: one panel at a time with its tabs, symbol and account as strips, and the ways out, always."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.tabs import tabs

LABELS: Final = {"chart": "Chart", "ticket": "Ticket", "account": "Positions"}


def phone_tabs() -> Component:
    """Chart, ticket or positions."""
    return html.Div(tabs("phone", LABELS), className="phone-tabs")


def phone_quote() -> Component:
    """Over the chart: the symbol, its last price and how far that is from the close before."""
    last = html.Div(
        [html.Div("–", className="last fresh"), html.Div("–", className="micro chg fresh")], className="num"
    )
    return html.Div([html.Span("–", className="sym"), html.Span(className="sp"), last], className="phone-quote")


def phone_account() -> Component:
    """Over the positions: equity, and the day's profit or loss."""
    profit = [html.Span("–", className="sum"), html.Span(className="part")]
    equity = html.Div([html.Span("Equity"), html.Span("–", className="fresh")], className="stat of-equity")
    day = html.Div([html.Span("Day P&L"), html.Span(profit, className="fresh")], className="stat of-day")
    return html.Div([equity, html.Span(className="sp"), day], className="phone-account")


def ways_out() -> Component:
    """Below every page: flatten and cancel all, each with how many it means."""
    flatten = html.Button("Flatten all", id=ids.PHONE_FLATTEN, type="button", className="tb danger")
    cancel = html.Button("Cancel all", id=ids.PHONE_CANCEL, type="button", className="tb")
    return marked(html.Section, [flatten, cancel], {"aria-label": "Ways out"}, className="phone-foot")
