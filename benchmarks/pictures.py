"""The pictures of the README: Trade and Health, dark, light and on a phone, of a desk that trades a little first.

Writes docs/images; the pictures change with the market, so they are made by hand: `python -m benchmarks.pictures`.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page import CHROMIUM, DRAWN
from tests.desk import desk, wait_until

IMAGES: Final = Path(__file__).parents[1] / "docs" / "images"
LARGEST_BYTES: Final = 200_000
QUALITY: Final = 82
Scheme = Literal["dark", "light"]
SCHEMES: Final[tuple[Scheme, ...]] = ("dark", "light")
WIDE: Final[dict[str, Any]] = {"viewport": {"width": 1600, "height": 1000}}
NARROW: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def main() -> None:
    """Start a desk, trade, and take every picture."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as made, sync_playwright() as playwright:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 60, "ready")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        trade(browser, made.url)
        for scheme in SCHEMES:
            take(browser, made.url, scheme, WIDE, f"trade-{scheme}")
            take(browser, f"{made.url}/health", scheme, WIDE, f"health-{scheme}")
        take(browser, made.url, "dark", NARROW, "trade-1280-blue-orange", in_blue_and_orange)
        for panel in ("chart", "ticket", "account"):
            take(browser, made.url, "dark", PHONE, f"phone-{panel}", partial(open_panel, panel=panel))
        take(browser, f"{made.url}/health", "light", PHONE, "phone-health")
        browser.close()


def trade(browser: Browser, url: str) -> None:
    """A position, a bracket's exits, a limit that works, and an order that is denied."""
    page = opened(browser, url, "dark", WIDE)
    page.wait_for_function("() => tickdesk.trading.held.lock && !tickdesk.lock.reason()")
    page.click("#ticket-bracket")
    send(page, "25")
    page.click("#ticket-bracket")
    page.click("[data-testid=watch-MSFT]")
    page.wait_for_function("() => tickdesk.chart.state.shown.symbol === 'MSFT'")
    send(page, "10")
    page.select_option("#ticket-type", "limit")
    page.click("[data-peg=bid]")
    page.fill("#ticket-limit-price", str(round(float(page.inner_text("#quote-bid")) * 0.99, 2)))
    send(page, "20")
    send(page, "20000")
    page.context.close()


def send(page: Page, qty: str) -> None:
    """The ticket with a quantity, once the desk takes another one, until its order is on the page."""
    page.wait_for_function("() => document.getElementById('ticket-submit').getAttribute('aria-busy') === 'false'")
    orders = page.evaluate("() => tickdesk.trading.held.orders.size")
    page.fill("#ticket-qty", qty)
    page.click("#ticket-submit")
    page.wait_for_function(f"() => tickdesk.trading.held.orders.size > {orders}")


def opened(browser: Browser, url: str, scheme: Scheme, window: dict[str, Any]) -> Page:
    """A page that has drawn the chart or, on Health, its tables."""
    page = browser.new_context(color_scheme=scheme, **window).new_page()
    page.goto(url)
    health = "() => document.querySelectorAll('#health-table tbody tr').length > 3"
    page.wait_for_function(health if url.endswith("/health") else DRAWN)
    page.wait_for_function("() => tickdesk.trading.held.account")
    return page


def take(
    browser: Browser,
    url: str,
    scheme: Scheme,
    window: dict[str, Any],
    name: str,
    prepare: Callable[[Page], None] = lambda page: None,
) -> None:
    """One picture, after something was done on its page. ValueError if it is larger than it may be."""
    page = opened(browser, url, scheme, window)
    prepare(page)
    page.wait_for_timeout(3000)  # some answers more: lines, marks and the last hours of the rows
    path = IMAGES / f"{name}.webp"
    asked = {
        "format": "webp",
        "quality": QUALITY,
    }  # Playwright itself knows PNG and JPEG only: twice the size, or smeared text
    shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    path.write_bytes(base64.b64decode(shot["data"]))
    page.context.close()
    size = path.stat().st_size
    print(f"{path.name}: {size} bytes")
    if size > LARGEST_BYTES:
        raise ValueError(f"{path.name} has {size} bytes; at most {LARGEST_BYTES}.")


def in_blue_and_orange(page: Page) -> None:
    """The palette that suits most kinds of colour blindness."""
    page.evaluate("() => tickdesk.look.choose({ palette: 'blue-orange' })")


def open_panel(page: Page, panel: str) -> None:
    """One panel of the phone."""
    page.click(f".phone-tabs [data-tab={panel}]")


if __name__ == "__main__":
    main()
