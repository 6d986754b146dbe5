"""The timeframe: one button for each interval that the chart can show."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked

LABELS: Final = {
    "1s": "1s",
    "5s": "5s",
    "1Min": "1m",
    "5Min": "5m",
    "15Min": "15m",
    "1Hour": "1h",
    "1Day": "1D",
}
"""Interval (Alpaca's word) to the label of its button."""

DEFAULT: Final = "1Min"


def timeframe(opens_with: str) -> Component:
    """The row of buttons; the pressed one is the interval on the chart."""
    buttons = [button(interval, interval == opens_with) for interval in LABELS]
    return marked(html.Div, buttons, {"aria-label": "Timeframe"}, id=ids.TIMEFRAME, className="seg", role="group")


def button(interval: str, pressed: bool) -> Component:
    """The button of one interval."""
    marks = {"data-testid": ids.timeframe_button(interval), "data-interval": interval}
    marks["aria-pressed"] = "true" if pressed else "false"
    return marked(html.Button, LABELS[interval], marks, type="button")
