"""The look: theme and palette, chosen in a small menu of the header. On a phone it has the way out of the login, too."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.icon import icon

THEMES: Final = {"system": "System", "dark": "Dark", "light": "Light"}
PALETTES: Final = {"green-red": "Green and red", "blue-orange": "Blue and orange", "red-up": "Red is up"}
"""Choice: its label. The script in the head knows the same ones."""


def look_menu() -> Component:
    """The button and, under it, the menu; the page's script opens it and marks what is chosen."""
    marks = {"aria-label": "Theme and colours", "aria-expanded": "false", "aria-controls": ids.LOOK_MENU}
    opener = marked(
        html.Button,
        icon("i-theme"),
        marks,
        id=ids.LOOK_OPEN,
        type="button",
        className="icon-btn",
        title="Theme and colours",
    )
    themes = choice("theme", "Theme", [button("theme", name, label) for name, label in THEMES.items()], "seg")
    palettes = [button("palette", name, label, swatch(name)) for name, label in PALETTES.items()]
    note = html.P("Up is hollow, down is filled, in each of them.", className="dim micro")
    parts = [themes, choice("palette", "Up and down", palettes, "palettes"), note, who()]
    menu = marked(html.Div, parts, {"aria-label": "Theme and colours"}, id=ids.LOOK_MENU, role="group", hidden=True)
    return html.Div([opener, menu], className="look")


def choice(name: str, label: str, buttons: list[Component], css: str) -> Component:
    """A row of choices under its name."""
    group = marked(html.Div, buttons, {"aria-label": label}, className=css, role="group")
    return marked(html.Div, [html.Span(label, className="micro dim"), group], {"data-look": name})


def button(look: str, value: str, label: str, *before: Component) -> Component:
    """One choice."""
    marks = {"data-value": value, "aria-pressed": "false", "data-testid": f"{look}-{value}"}
    return marked(html.Button, [*before, label], marks, type="button")


def swatch(palette: str) -> Component:
    """A rising and a falling candle in the colours of a palette."""
    marks = {"data-palette": palette, "aria-hidden": "true"}
    return marked(html.Span, [html.I(className="rises"), html.I(className="falls")], marks, className="swatch")


def who() -> Component:
    """Who is logged in and the way out, where the header has no room for it."""
    out = html.Button("Log out", id=ids.MENU_LOG_OUT, type="button", className="tb sm")
    return html.Div([html.Span(className="who"), html.Span(className="sp"), out], className="menu-user")
