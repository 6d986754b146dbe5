"""The quote: last and change of the day, bid and ask with their sizes, spread and mid."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.spread_chart import spread_chart

MISSING = "–"


def head() -> Component:
    """Which symbol, how old, its last price and how far that is from the close before."""
    symbol = [html.Div(MISSING, id=ids.TICKET_SYMBOL, className="sym"), html.Span("EQUITY", className="tag kind")]
    name = html.Div([html.Div(symbol, className="hx"), html.Div("waiting", className="micro dim updated")])
    last = html.Div(
        [html.Div(MISSING, className="last fresh"), html.Div(MISSING, className="micro chg fresh")], className="num"
    )
    halt = html.Div(
        [html.Span("HALTED", className="tag halted"), html.Span(className="reason")], className="q-halt", hidden=True
    )
    return html.Div([html.Div([name, last], className="q-head"), halt])


def side(word: str, css: str, id_: str) -> Component:
    """One side of the quote: word and size above, the price below."""
    label, size = html.Span(word), html.Span(MISSING, className="size fresh")
    spring = html.Span(className="sp")
    above = [label, spring, size] if css == "bid" else [size, spring, label]
    price = html.Div(MISSING, id=id_, className=f"px fresh {'up' if css == 'bid' else 'down'}")
    return html.Div([html.Div(above, className="hx micro mut"), price], className=css)


def figures() -> Component:
    """Spread in USD and in basis points, and the mid."""
    spread = [html.B(MISSING, id=ids.QUOTE_SPREAD), html.Span(MISSING, className="mut bp")]
    return html.Div(
        [
            html.Div([html.Span("Spread", className="dim"), html.Span(spread, className="fresh")]),
            html.Div([html.Span("Mid", className="dim"), html.B(MISSING, className="mid fresh")], className="num"),
        ],
        className="q-figures",
    )


def quote() -> Component:
    """The panel with the quote and, under it, ten minutes of its spread."""
    sides = [side("Bid", "bid", ids.QUOTE_BID), side("Ask", "ask", ids.QUOTE_ASK)]
    parts = [head(), html.Div(sides, className="bidask"), figures(), spread_chart()]
    return marked(html.Section, parts, {"aria-label": "Quote"}, className="panel a-quote")
