"""The bracket: the take-profit and the stop-loss that the broker holds for an order, and what they come to."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.ticket_field import entry, field


def bracket() -> Component:
    """Folded until it is switched on. What closes a position becomes a pair of exits instead (OCO); the script says so."""
    marks = {"aria-checked": "false", "aria-label": "Bracket"}
    switch = marked(
        html.Button, html.I(), marks, id=ids.TICKET_BRACKET, type="button", role="switch", className="toggle"
    )
    note = html.Span("the broker holds both", className="dim micro note-of")
    error = marked(html.Span, None, {"data-error": "order_class"}, className="err", hidden=True)
    head = html.Div(
        [switch, html.B("Bracket", className="br-word"), html.Span(className="sp"), note], className="br-head"
    )
    legs = html.Div([take_profit(), stop_loss()], className="br-fields")
    return html.Div([head, html.Div([legs, measure(), error], className="br-body", hidden=True)], className="bracket")


def take_profit() -> Component:
    """The limit at which the profit is taken."""
    label = [html.Span("Take profit "), html.Span(className="up p-gain")]
    control = html.Div(entry(ids.TICKET_TAKE_PROFIT), className="input")
    return field("t-gain", "take_profit_price", label, control, ids.TICKET_TAKE_PROFIT)


def stop_loss() -> Component:
    """The price at which the loss is stopped."""
    label = [html.Span("Stop loss "), html.Span(className="down p-loss")]
    control = html.Div(entry(ids.TICKET_STOP_LOSS), className="input")
    return field("t-loss", "stop_loss_price", label, control, ids.TICKET_STOP_LOSS)


def measure() -> Component:
    """Loss and profit as lengths, with the entry between them."""
    bar = html.Div([html.I(className="l"), html.I(className="w"), html.B()], className="rr-bar")
    ends = [html.Span(className="down"), html.Span(className="mut"), html.Span(className="up")]
    marks = {"aria-label": "Stop, entry and target"}
    return marked(
        html.Div, [bar, html.Div(ends, className="rr-lab micro")], marks, className="rr", role="img", hidden=True
    )
