"""The rail: the way from page to page."""

from __future__ import annotations

from typing import Final

from dash import html
from dash.development.base_component import Component

from layouts.element import marked
from layouts.icon import icon

PAGES: Final = {"trade": ("Trade", "/", "i-trade"), "health": ("Health", "/health", "i-health")}
"""Page: its label, where it is and its icon."""


def rail() -> Component:
    """A link a page; the page's script follows it without loading anything."""
    links = [link(page, *about) for page, about in PAGES.items()]
    return marked(html.Nav, links, {"aria-label": "Pages"}, className="rail")


def link(page: str, label: str, path: str, sign: str) -> Component:
    """The link to one page."""
    return marked(html.A, [icon(sign), label], {"data-page": page}, href=path)
