"""The indicators: the menu with their parameters, and the traces and axes that the chart keeps ready for their lines.

The traces are in the figure from the start, out of sight: a trace that is added later is lost when Dash draws its own figure
again. The page's script fills their lists in place, says on which axis a line lies, and gives the panes their part of the height.
"""

from __future__ import annotations

import json
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from domain.indicator import KINDS, MOST, MOST_PANES, Kind, Parameter, plain
from layouts import ids
from layouts.element import marked

LINES: Final = MOST * max(len(kind.lines) for kind in KINDS.values())
"""More lines than that cannot be chosen."""

DEFAULT: Final = ("sma:20", "sma:50", "vwap")
"""What the chart opens with where the browser keeps no choice."""


def lines() -> list[dict[str, Any]]:
    """The traces of indicators, all of them out of sight."""
    return [line(number) for number in range(LINES)] + [histogram(number) for number in range(MOST_PANES)]


def line(number: int) -> dict[str, Any]:
    """One line of an indicator."""
    looks: dict[str, Any] = {"type": "scatter", "mode": "lines", "hoverinfo": "none", "visible": False}
    return {**looks, "x": [], "y": [], "line": {"width": 1.4}, "connectgaps": False, "name": f"line-{number}"}


def histogram(number: int) -> dict[str, Any]:
    """The columns of a pane: the difference between MACD and its signal."""
    looks: dict[str, Any] = {"type": "bar", "hoverinfo": "none", "visible": False}
    marker: dict[str, Any] = {"color": [], "line": {"width": 0}}
    return {**looks, "x": [], "y": [], "marker": marker, "yaxis": f"y{number + 3}", "name": f"histogram-{number}"}


def pane_axes(axis: dict[str, Any]) -> dict[str, Any]:
    """The axes of the panes below the chart; they have no height until the page's script gives them some."""
    own = {**axis, "side": "right", "range": [0, 1], "domain": [0, 0.001], "fixedrange": True, "nticks": 3}
    own |= {"showticklabels": False, "visible": False, "anchor": "x"}
    return {f"yaxis{number + 3}": {**own} for number in range(MOST_PANES)}


def indicators() -> Component:
    """The button with how many are shown, and the menu that it opens; the page's script makes the rows."""
    marks = {"aria-expanded": "false", "aria-haspopup": "dialog", "aria-controls": "indicator-menu"}
    label = [html.Span("ƒx", className="fx"), "Indicators", html.Span(className="many", hidden=True)]
    button = marked(html.Button, label, marks, id=ids.INDICATORS, type="button", className="tb sm ghost")
    return html.Div([button, menu()], className="indicators")


def menu() -> Component:
    """What is shown, with its parameters, and what may be added. `data-kinds` is the catalogue for the page's script."""
    add = [marked(html.Button, kind.label, added(kind), type="button", className="chip") for kind in KINDS.values()]
    parts = [
        html.Div(className="ind-rows"),
        html.P("No indicator is shown. Add one:", className="ind-none dim micro", hidden=True),
        marked(html.Div, add, {"aria-label": "Add an indicator"}, className="ind-add", role="group"),
        marked(html.P, None, {"aria-live": "polite"}, className="ind-problem err", hidden=True),
        html.P("They are computed by TA-Lib and kept in this browser.", className="dim micro"),
    ]
    marks = {"aria-label": "Indicators", "data-kinds": json.dumps(catalogue()), "data-default": " ".join(DEFAULT)}
    return marked(html.Div, parts, marks, id=ids.INDICATOR_MENU, className="ind-menu", role="dialog", hidden=True)


def added(kind: Kind) -> dict[str, str]:
    """The marks of the button that adds a kind."""
    return {"data-add": kind.word, "data-testid": ids.add_indicator(kind.word)}


def catalogue() -> dict[str, Any]:
    """The kinds as the page's script needs them, with the words for what is out of limits, and how many there may be."""
    kinds = {
        kind.word: {
            "label": kind.label,
            "pane": kind.pane,
            "lines": list(kind.lines),
            "parameters": [described(parameter) for parameter in kind.parameters],
        }
        for kind in KINDS.values()
    }
    return {"kinds": kinds, "most": MOST, "panes": MOST_PANES}


def described(parameter: Parameter) -> dict[str, Any]:
    """A parameter with its limits and what to say beyond them."""
    limits = {"low": parameter.low, "high": parameter.high, "part": parameter.part, "problem": parameter.problem()}
    return {"name": parameter.name, "label": parameter.label, "default": plain(parameter.default), **limits}
