"""A field of the ticket: a control under its label, with room for what is wrong with it."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from layouts.element import marked


def field(css: str, name: str, label: Any, control: Component, id_: str) -> Component:
    """A control under its label. `name` is the ticket's field, whose error is shown here."""
    error = marked(html.Span, None, {"data-error": name}, className="err", hidden=True)
    return html.Div([html.Label(label, htmlFor=id_), control, error], className=f"field {css}")


def options(words: Any) -> list[dict[str, str]]:
    """Choices of a select."""
    return [{"value": word.value, "label": label} for word, label in words.items()]


def entry(id_: str, value: str = "", placeholder: str = "") -> Component:
    """A field for a number, as text: the server reads every digit itself."""
    shown: Component = dbc.Input(
        id=id_,
        type="text",
        inputmode="decimal",
        autocomplete="off",
        maxlength=64,
        value=value,
        placeholder=placeholder,
    )
    return shown


def stepped(number: Component, less: str, more: str) -> Component:
    """A number with a button on each side of it."""
    return html.Div([step("−", -1, less), number, step("+", 1, more)], className="input")


def step(sign: str, by: int, meaning: str) -> Component:
    """One step down or up."""
    marks = {"aria-label": meaning, "data-step": str(by)}
    return marked(html.Button, sign, marks, type="button", tabIndex="-1")


def chip(label: str, marks: dict[str, str]) -> Component:
    """A small button that fills in a field."""
    return marked(html.Button, label, {**marks, "aria-pressed": "false"}, type="button", className="chip")


def wide(text: str) -> Component:
    """Words that only a wide page has room for."""
    return html.Span(text, className="dim wide")
