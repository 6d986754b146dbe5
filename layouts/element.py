"""An element with attributes that HTML names with a hyphen (aria-*, data-*): Dash takes them, its type hints do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash.development.base_component import Component


def marked(make: Callable[..., Component], children: Any, marks: Mapping[str, str], **props: Any) -> Component:
    """`make(children, **props)` with `marks` among its attributes."""
    return make(children, **props, **marks)
