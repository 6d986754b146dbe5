"""The Health page: what flows, how fast, what was missing and came back, and what orders wait for."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.breaker import breaker_parts
from layouts.element import marked
from layouts.table import empty, table

TILES: Final = {
    "data": "Market data",
    "orders": "Order stream",
    "lag": "Newest event, behind",
    "load": "Queue in the worker",
    "connects": "Reconnects",
    "left-out": "Dropped · quarantined",
    "symbols": "Symbols",
}
"""Tile: its label."""

NODES: Final = {
    "connecting": ("Connecting", "socket, auth, ack", "a"),
    "live": ("Live", "data comes", "b"),
    "quiet": ("Quiet", "market closed or paused", "c"),
    "reconnecting": ("Reconnecting", "waits, retries", "d"),
    "stale": ("Stale", "new orders locked", "e"),
    "refused": ("Refused", "keys or limit: needs you", "f"),
    "down": ("Down", "the worker is silent", "g"),
}
"""State of a stream: its word, what it means, its place in the drawing."""

ARROWS: Final = (
    ("ab", "→", "backfilled"),
    ("bc", "⇄", "calendar"),
    ("ad", "↑", "0.5 to 30 s"),
    ("be", "↓", "silent"),
    ("de", "←", "drop socket"),
)

GAP_COLUMNS: Final = ("Began", "Length", "Stream", "Symbols", "Filled", "Compared")
LATENCY_COLUMNS: Final = ("Hop", "", "p50", "p95", "p99 ms")
CAUSE_COLUMNS: Final = ("What was left out or changed", "Stream", "Count")


def health() -> Component:
    """The page, empty: its numbers come with the deltas that are asked for while it is shown."""
    parts = [head(), tiles(), states(), latency(), gates(), gaps(), left_out(), storage()]
    return marked(html.Main, parts, {"aria-label": "Health", "tabIndex": "0"}, className="page health", hidden=True)


def head() -> Component:
    """The verdict in a word, and which worker this is about."""
    words = [html.H1("Health"), html.Span("–", className="tag verdict"), html.Span(className="mut about")]
    return html.Div(words, className="page-head")


def tiles() -> Component:
    """The row of large numbers."""
    return html.Div([tile(name, label) for name, label in TILES.items()], className="tiles")


def tile(name: str, label: str) -> Component:
    """Label, number, and a line on what it means."""
    parts = [html.Div(label, className="l"), html.Div("–", className="v"), html.Div(className="s")]
    return marked(html.Div, parts, {"data-tile": name}, className="tile")


def panel(title: str, area: str, children: list[Component], note: str = "") -> Component:
    """A panel in its place of the grid."""
    bar = html.Div(
        [html.H2(title), html.Span(className="sp"), html.Span(note, className="dim note-of")], className="ph"
    )
    return marked(html.Section, [bar, *children], {"aria-label": title}, className=f"panel h-{area}")


def states() -> Component:
    """The machine of states, for the stream that was chosen, and a row for every stream."""
    nodes = [node(state, *about) for state, about in NODES.items()]
    arrows = [
        html.Div([sign, html.Small(word)], className="ar", style={"gridArea": area}) for area, sign, word in ARROWS
    ]
    rows = marked(html.Div, None, {"aria-label": "Streams"}, id=ids.HEALTH_STREAMS, className="h-rows", role="group")
    return panel("Stream state", "states", [html.Div([*nodes, *arrows], className="smach"), rows])


def node(state: str, word: str, meaning: str, area: str) -> Component:
    """One state."""
    marks = {"data-node": state}
    return marked(html.Div, [html.B(word), html.Span(meaning)], marks, className="node", style={"gridArea": area})


def latency() -> Component:
    """Where the time goes: a row a hop, measured since the page was opened."""
    rows = html.Div(table("Latency by hop", LATENCY_COLUMNS, left=2), id=ids.HEALTH_TABLE, className="h-scroll lt")
    return panel("Latency by hop", "latency", [rows], "last 5 min on this page")


def gates() -> Component:
    """What every order has to pass."""
    title = html.Div(html.H2("Gates"), className="ph")
    parts = [*breaker_parts(), title, html.Div(id=ids.HEALTH_GATES, className="pb kv")]
    return marked(
        html.Section, parts, {"aria-label": "Order breaker and gates"}, id=ids.HEALTH_BREAKER, className="panel h-gates"
    )


def limits() -> Component:
    """How much of each limit is used."""
    return html.Div(id=ids.HEALTH_LIMITS, className="pb gauges")


def gaps() -> Component:
    """What was missing, and what became of it."""
    parts = [
        table("Gaps and what filled them", GAP_COLUMNS, left=len(GAP_COLUMNS)),
        empty("No gaps.", "Every message since the worker started came in time."),
    ]
    return panel(
        "Gaps and what filled them", "gaps", [html.Div(parts, id=ids.HEALTH_GAPS, className="h-scroll none"), lag()]
    )


def lag() -> Component:
    """An hour of the main feed's lag, as far as this page has seen it."""
    words = [html.H2("Feed lag, 60 min"), html.Span(className="sp"), html.Span(className="dim lag-note")]
    scale = html.Div([html.Span("–", className="high"), html.Span("0")], className="lag-scale micro dim")
    plot = html.Div([html.Div(className="lag-plot"), scale], className="lag-body")
    return html.Div([html.Div(words, className="ph"), plot], className="h-lag")


def left_out() -> Component:
    """What was dropped, conflated, quarantined or corrected, by cause, and the symbols that do not come."""
    parts = [
        table("Left out, and why", CAUSE_COLUMNS, left=len(CAUSE_COLUMNS)),
        empty("Nothing was left out.", "Malformed or impossible messages are counted here by cause."),
    ]
    return panel("Left out, and why", "left-out", [html.Div(parts, id=ids.HEALTH_LEFT_OUT, className="h-scroll none")])


def storage() -> Component:
    """The limits, and how full things are."""
    names = {
        "queue": "Queue, worker",
        "backlog": "Unread on the sockets",
        "memory": "Worker memory",
        "cache": "Cache, publications",
        "symbols": "Symbols",
    }
    title = html.Div(html.H2("Memory and storage"), className="ph")
    fullness = html.Div([gauge(*item) for item in names.items()], className="pb gauges")
    return panel("Limits", "storage", [limits(), title, fullness], "used today")


def gauge(name: str, label: str) -> Component:
    """Label, number and a bar."""
    bar = html.Div(html.I(), className="bar")
    return marked(
        html.Div,
        [html.Div([html.Span(label), html.Span("–", className="v")], className="lbl"), bar],
        {"data-gauge": name},
    )
