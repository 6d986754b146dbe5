"""A component tree as markup, as far as scripts look at it: tags, ids, classes, data, values."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from dash.development.base_component import Component

TAGS: Final = {"Input": "input", "Select": "select", "Checkbox": "input"}
NAMES: Final = {"className": "class", "class_name": "class", "id": "id", "value": "value", "placeholder": "placeholder"}


def html_of(part: Any) -> str:
    """The markup of a component with all below it, or of a text."""
    if isinstance(part, list | tuple):
        return "".join(map(html_of, part))
    if not isinstance(part, Component):
        return "" if part is None else escape(str(part))
    tag = TAGS.get(type(part).__name__, type(part).__name__.lower())
    inside = html_of(getattr(part, "children", None)) + _choices(part)
    return f"<{tag}{_marks(part)}>" if tag == "input" else f"<{tag}{_marks(part)}>{inside}</{tag}>"


def _choices(part: Component) -> str:
    choices = getattr(part, "options", None) or []
    return "".join(f'<option value="{each["value"]}">{each["label"]}</option>' for each in choices)


def _marks(part: Component) -> str:
    given = part.to_plotly_json()["props"]
    marks = {NAMES.get(name, name): value for name, value in given.items() if name in NAMES or "-" in name}
    if type(part).__name__ == "Checkbox":
        marks |= {"type": "checkbox"}
        marks.pop("value", None)
    if given.get("hidden"):
        marks["hidden"] = ""
    return "".join(f' {name}="{escape(str(value), quote=True)}"' for name, value in marks.items())
