"""The chart: candles and volume over a stable bar number, and what lies over the plot as plain elements.

The figure goes to the browser once, empty. From then on the page's script changes its lists in place; a list that was
replaced, or a figure that came from a callback, would lose what the user zoomed to (dash 4.4.1).
"""

from __future__ import annotations

from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.indicators import indicators, lines, pane_axes
from layouts.timeframe import timeframe

CANDLES: Final = "candles"
VOLUME: Final = "volume"
FILLS_BUY: Final = "fills-buy"
FILLS_SELL: Final = "fills-sell"

BELOW: Final = {"anchor": "free", "position": 0}
"""Where the time is written: under everything, panes too."""

PLUS: Final = {"data-testid": "chart-plus", "aria-label": "Limit ticket at this price"}
"""It follows the pointer; the keyboard has the ticket's own price field instead."""

CLEAR: Final = "rgba(0,0,0,0)"
"""No colour: the page's script writes those of the chosen look, which the style sheet alone knows, before anything shows."""

CONFIG: Final[Any] = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}


def candles() -> dict[str, Any]:
    """The candles: up hollow, down filled, in every palette. The last element is the bar that is forming."""
    up, down = ({"line": {"width": 1.2}} for _ in range(2))
    columns: dict[str, Any] = {name: [] for name in ("x", "open", "high", "low", "close", "customdata")}
    looks = {"increasing": up, "decreasing": down, "whiskerwidth": 0, "hoverinfo": "none", "name": CANDLES}
    return {"type": "candlestick", **columns, **looks}


def volume() -> dict[str, Any]:
    """The volume under the candles, in the candle's colour at a third of its strength."""
    marker: dict[str, Any] = {"color": [], "line": {"width": 0}}
    return {"type": "bar", "x": [], "y": [], "yaxis": "y2", "marker": marker, "hoverinfo": "none", "name": VOLUME}


def fills(name: str, symbol: str) -> dict[str, Any]:
    """Markers of our own fills, one a fill: the bar in which it happened, at its price."""
    marker = {"symbol": symbol, "size": 12, "line": {"width": 1.4}}
    looks = {"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "none", "cliponaxis": True}
    return {**looks, "x": [], "y": [], "customdata": [], "name": name}


def axis() -> dict[str, Any]:
    """What both axes share."""
    return {
        "gridcolor": CLEAR,
        "linecolor": CLEAR,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": 11},
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "spikethickness": 1,
        "spikedash": "dot",
        "autorange": False,
    }


def layout() -> dict[str, Any]:
    """The layout: numeric x (the bar's number), prices on the right, volume on an axis of its own."""
    return {
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": 12},
        "margin": {"l": 8, "r": 64, "t": 4, "b": 24},
        "showlegend": False,
        "dragmode": "pan",
        "hovermode": "x",
        "uirevision": "chart",
        "bargap": 0.25,
        "shapes": [],
        "xaxis": {
            **axis(),
            "range": [-120, 6],
            **BELOW,
            "tickvals": [],
            "ticktext": [],
            "rangeslider": {"visible": False},
        },
        "yaxis": {
            **axis(),
            "range": [0, 1],
            "side": "right",
            "tickformat": ",.2f",
            "nticks": 12,
            "showticklabels": False,
        },
        "yaxis2": {"overlaying": "y", "side": "left", "range": [0, 1], "visible": False, "fixedrange": True},
        **pane_axes(axis()),
    }


def figure() -> dict[str, Any]:
    """The empty figure, of plain lists."""
    markers = [fills(FILLS_BUY, "triangle-up"), fills(FILLS_SELL, "triangle-down")]
    return {"data": [volume(), candles(), *lines(), *markers], "layout": layout()}


def overlay() -> Component:
    """What lies over the plot: legend, gaps, halt, forming bar, limits, news, last price, orders, the way back to now."""
    return html.Div(
        [
            html.Div(className="volume-profile", hidden=True),
            html.Div(className="session-breaks"),
            html.Div(className="legend fresh"),
            html.Div(className="pane-legends"),
            html.Div(className="gap-bands"),
            html.Div(
                html.Div([html.B("HALTED"), html.Span()], className="gap-label dng"), className="halt-band", hidden=True
            ),
            html.Div(className="forming-tint", hidden=True),
            html.Div(className="limit-lines"),
            html.Div(className="news-marks"),
            html.Div(className="last-line", hidden=True),
            html.Div(className="ghost-order", hidden=True),
            html.Div(className="order-lines"),
            html.Div(className="axis-tag last", hidden=True),
            html.Div(className="axis-tag cursor-tag", hidden=True),
            marked(html.Button, "+", PLUS, type="button", className="axis-plus", hidden=True, tabIndex="-1"),
            html.Div(
                html.Div([html.B("No data"), html.Span()], className="gap-label dng"), className="no-data", hidden=True
            ),
            html.Button(
                "Back to now", type="button", className="tb sm back-to-now", hidden=True, title="Home, or double click"
            ),
            html.Div("Waiting for the first bars of history", className="chart-empty dim", hidden=True),
        ],
        className="overlay",
    )


def chart(mode: str, interval: str) -> Component:
    """The panel: its tools above, the plot below."""
    simulated = [html.Span("SIMULATED", className="tag acc wide")] if mode == "sim" else []
    zone = html.Span("New York time", className="micro dim")
    tools = html.Div(
        [timeframe(interval), indicators(), html.Span(className="sp"), *simulated, zone], className="chart-tools"
    )
    graph = dcc.Graph(id=ids.CHART, figure=figure(), config=CONFIG, responsive=True, className="js")
    plot = html.Div([graph, overlay()], className="plot")
    return marked(html.Section, [tools, plot], {"aria-label": "Chart"}, className="panel a-chart")
