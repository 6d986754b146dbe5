"""The page's scripts alone: what runs in them, without a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

ASSETS: Final = Path(__file__).parents[2] / "dashboard/assets"


def blank_page(browser: Browser) -> Page:
    """A page with every script of the assets, in the order in which Dash loads them."""
    page = browser.new_page()
    for path in sorted(ASSETS.glob("*.js")):
        page.add_script_tag(content=path.read_text())
    return page


def js(page: Page, body: str, argument: Any = None) -> Any:
    """What a body of JavaScript returns; it sees `desk` and `arg`."""
    return page.evaluate(f"(arg) => {{ const desk = window.tickdesk; {body} }}", argument)
