"""One click: market orders without a second look, for a minute at a time."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.element import marked
from layouts.icon import icon


def side(word: str, css: str, id_: str) -> Component:
    """The button that sends a market order at once while the panel is armed."""
    label = [html.Small(f"{word} MKT"), html.Span("–", className="at")]
    marks = {"aria-disabled": "true", "data-value": css}
    return marked(html.Button, label, marks, id=id_, type="button", className=f"tb {css}")


def head() -> Component:
    """Whether it is armed, how long still, and the button that arms."""
    locks = [icon("i-lock"), icon("i-unlock")]
    state = html.Span([*locks, html.Span("One-click", className="state")], className="hx word")
    left = html.Span(className="left b")
    arm = marked(
        html.Button, "Arm", {"aria-pressed": "false"}, id=ids.ONE_CLICK_ARM, type="button", className="tb sm",
        title="One-click for 60 seconds; each order renews it (Shift+A)",
    )  # fmt: skip
    return html.Div([state, html.Span(className="sp"), left, arm], className="oc-head")


def one_click() -> Component:
    """The panel, not armed. Its quantity is the ticket's."""
    qty = html.Div([html.B("–"), html.Span("qty", className="micro dim")], className="oc-qty")
    sides = [side("SELL", "sell", ids.ONE_CLICK_SELL), qty, side("BUY", "buy", ids.ONE_CLICK_BUY)]
    bar = html.Div(html.I(), className="countdown")
    parts = [head(), html.Div(sides, className="oc-btns"), bar]
    marks = {"aria-label": "One-click trading", "data-armed": "false"}
    return marked(html.Section, parts, marks, className="oneclick")
