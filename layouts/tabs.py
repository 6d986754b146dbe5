"""Tabs: one of several panels, where there is room for one only."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from layouts.element import marked


def tabs(group: str, labels: Mapping[str, str]) -> Component:
    """A row of tabs, the first one chosen. The page's script writes the choice of `group` on the Trade page."""
    first = next(iter(labels))
    buttons = [tab(group, name, label, name == first) for name, label in labels.items()]
    return html.Div(buttons, className="tabs", role="tablist")


def tab(group: str, name: str, label: str, chosen: bool) -> Component:
    """One tab, with room for a number behind its label."""
    marks = {"data-group": group, "data-tab": name, "aria-selected": "true" if chosen else "false"}
    return marked(html.Button, [label, count(name)], marks, type="button", role="tab")


def count(name: str) -> Component:
    """Room for the number of rows of a panel."""
    return marked(html.Span, None, {"data-count": name}, className="n")
