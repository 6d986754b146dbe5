"""Orders: what the checks and the journal cost on top of a bare order, and how soon a click is on the screen.

Bare: alpaca-py's submit_order to the same practice market. Ours: the order desk, with risk check, two commits and the same POST.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide
from alpaca.trading.enums import TimeInForce as AlpacaTimeInForce
from alpaca.trading.requests import LimitOrderRequest
from playwright.sync_api import Page, sync_playwright

from benchmarks.page import CHROMIUM, DRAWN
from dashboard.order_access import OrderAccess
from domain.order import OrderType, Side, TimeInForce
from market_cache.reader import MarketReader
from orders.ticket import Ticket
from settings import load_settings
from tests.desk import Desk, desk, wait_until

RESULTS = Path(__file__).parent / "results" / "orders.json"
ROUNDS = 60
CLICKS = 12

WATCH = """() => {
  const count = (css) => document.querySelectorAll(css).length, paint = window.paint = {};
  const rows = count("#blotter tbody tr"), marks = count("#chart .scatterlayer .point");
  document.addEventListener("pointerdown", () => { paint.from = performance.now(); }, { once: true, capture: true });
  const look = () => {
    const at = performance.now();
    if (!paint.row && count("#blotter tbody tr") > rows) paint.row = at;
    if (!paint.marker && count("#chart .scatterlayer .point") > marks) paint.marker = at;
    if (!(paint.row && paint.marker)) requestAnimationFrame(look);
  };
  look();
}"""


def main() -> None:
    """Measure, print, and keep the result."""
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as made, sync_playwright() as playwright:
        made.start("run")
        wait_until(lambda: "ready http" in made.log, 30, "ready")
        result: dict[str, Any] = submits(made)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        result |= clicks(browser.new_page(viewport={"width": 1600, "height": 1000}), made)
        browser.close()
    print(json.dumps(result, indent=2))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def submits(made: Desk) -> dict[str, float]:
    """Milliseconds of a resting limit order, bare and through the desk, alternately."""
    settings = load_settings(made.folder / "none", made.environment)
    access = OrderAccess(settings, MarketReader(settings.market_cache_url, settings.mode))
    order_desk = access.desk()
    assert order_desk is not None
    client = TradingClient("practice", "practice", url_override=settings.trading_url)
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(timed(lambda: client.submit_order(_request())))
        ours.append(timed(lambda: order_desk.submit(_ticket(), uuid.uuid4().hex)))
    order_desk.cancel_all()
    client.cancel_orders()
    return {
        "bare_ms_p50": round(statistics.median(bare), 1),
        "desk_ms_p50": round(statistics.median(ours), 1),
        "desk_ms_p99": round(statistics.quantiles(ours, n=100)[98], 1),
        "desk_adds_ms_p50": round(statistics.median(ours) - statistics.median(bare), 1),
    }


def clicks(page: Page, made: Desk) -> dict[str, float]:
    """Milliseconds from the one-click button to the painted row and fill marker."""
    page.goto(made.url)
    page.wait_for_function(DRAWN)
    page.wait_for_function("() => tickdesk.trading.held.lock && !tickdesk.lock.reason()")
    page.click("#one-click-arm")
    rows, marks = [], []
    for number in range(CLICKS):
        page.wait_for_timeout(700)
        page.evaluate(WATCH)
        page.click("#one-click-buy" if number % 2 == 0 else "#one-click-sell")
        page.wait_for_function("() => window.paint.row && window.paint.marker")
        paint = page.evaluate("() => window.paint")
        rows.append(paint["row"] - paint["from"])
        marks.append(paint["marker"] - paint["from"])
    return {
        "click_to_row_ms_p50": round(statistics.median(rows)),
        "click_to_marker_ms_p50": round(statistics.median(marks)),
        "click_to_marker_ms_max": round(max(marks)),
    }


def timed(act: Any) -> float:
    """Milliseconds that something takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _request() -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol="AAPL",
        qty=1,
        side=OrderSide.BUY,
        time_in_force=AlpacaTimeInForce.DAY,
        limit_price=100.0,
        client_order_id=uuid.uuid4().hex,
    )


def _ticket() -> Ticket:
    return Ticket("AAPL", Side.BUY, Decimal(1), OrderType.LIMIT, TimeInForce.DAY, Decimal(100), uuid.uuid4().hex)


if __name__ == "__main__":
    main()
