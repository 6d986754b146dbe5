"""The chart on a running desk: indicators, lines of orders that are dragged, prices that are clicked, older bars."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Request, expect

from tests.desk import wait_until

from .desk import Desk
from .market import PracticeMarket
from .tab import Tab

CHART = "tickdesk.chart.state"
FIRST = f"{CHART}.bars.candles.x[0]"
LAST = f"{CHART}.bars.candles.x.at(-1)"


@pytest.fixture(scope="module")
def market(desk: Desk) -> PracticeMarket:
    return PracticeMarket(desk)


@pytest.fixture
def flat(tab: Tab, market: PracticeMarket) -> Tab:
    """A page on which no order works, with a ticket at the market."""
    market.clear()
    tab.wait("!tickdesk.trading.open().length", 5)
    tab.page.select_option("#ticket-type", "market")
    tab.page.fill("#ticket-qty", "10")
    expect(tab.page.locator("#ticket-submit")).to_have_attribute("aria-busy", "false", timeout=3000)
    return tab


def middle(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 3, box["y"] + box["height"] / 2


def y_of(tab: Tab, price: float) -> float:
    """Where a price lies on the screen."""
    top = f"{CHART}.plot.getBoundingClientRect().top"
    return float(tab.get(f"{top} + tickdesk.chartOverlay.scale({CHART}.plot).y({price})"))


def below(tab: Tab, part: float) -> float:
    """A price so much below the market."""
    return round(float(tab.get("tickdesk.quote.held.bid")) * (1 - part), 2)


def rest(tab: Tab, market: PracticeMarket, price: float) -> str:
    """A limit order that works at a price; its client order id."""
    tab.page.select_option("#ticket-type", "limit")
    tab.page.fill("#ticket-limit-price", f"{price:.2f}")
    tab.page.click("#ticket-submit")
    wait_until(market.open, 5, "the market has the order")
    order_id = str(market.open()[0].client_order_id)
    expect(tab.page.get_by_test_id(f"chart-line-{order_id}")).to_be_visible(timeout=10_000)
    return order_id


class Replaces:
    """The requests of a page that ask for a replacement."""

    def __init__(self, tab: Tab) -> None:
        self.sent: list[str] = []
        self.page = tab.page
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        body = request.post_data or ""
        if '"blotter-answer.data"' in body and '"replace"' in body:
            self.sent.append(body)

    def done(self) -> list[str]:
        self.page.remove_listener("request", self._note)
        return self.sent


def test_a_clicked_price_starts_a_ticket_and_its_line_is_dragged_and_taken_off(
    flat: Tab, market: PracticeMarket
) -> None:
    x, _ = middle(flat.page.locator("#chart"))
    flat.page.mouse.move(x, y_of(flat, below(flat, 0.002)))
    flat.page.get_by_test_id("chart-plus").wait_for(state="visible", timeout=3000)
    flat.page.keyboard.down("Shift")
    flat.page.mouse.click(x, y_of(flat, below(flat, 0.002)))
    flat.page.keyboard.up("Shift")
    price = float(flat.page.input_value("#ticket-limit-price"))
    assert price == pytest.approx(below(flat, 0.002), rel=2e-3) and price == round(price, 2)
    expect(flat.page.locator("#ticket-side")).to_have_attribute("data-value", "buy")
    expect(flat.page.locator(".ghost-order .ol")).to_contain_text(f"{price:.2f}, not sent")
    assert market.open() == [], "a price that is clicked sends nothing"
    order_id = rest(flat, market, price)
    expect(flat.page.locator(".ghost-order")).to_be_hidden()
    dragged = drag(flat, market, order_id)
    cancelled = flat.page.get_by_test_id(f"chart-cancel-{dragged}")
    cancelled.click()
    expect(cancelled).to_have_count(0, timeout=1000)
    assert market.open() == [] and flat.complaints == []


def drag(tab: Tab, market: PracticeMarket, order_id: str) -> str:
    """A drag while prices stream: the id of the order that took the other's place, at the price that its tag showed."""
    replaces, asked = Replaces(tab), tab.asks()
    x, y = middle(tab.page.get_by_test_id(f"chart-line-{order_id}"))
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x, y + 14, steps=4)
    tab.wait(f"tickdesk.page.gate.n >= {asked + 3}", 6)
    shown = float(tab.get(f"tickdesk.chartDrag.at('{order_id}')"))
    tab.page.mouse.up()
    wait_until(lambda: [float(each.limit_price or 0) for each in market.open()] == [shown], 5, "it is replaced")
    [new] = market.open()
    expect(tab.page.get_by_test_id(f"chart-line-{new.client_order_id}")).to_be_visible(timeout=10_000)
    expect(tab.page.get_by_test_id(f"chart-line-{order_id}")).to_have_count(0, timeout=5000)
    assert len(replaces.done()) == 1 and shown == round(shown, 2)
    return str(new.client_order_id)


def test_escape_puts_a_line_back_and_a_refused_one_goes_back_with_its_reason(flat: Tab, market: PracticeMarket) -> None:
    price = below(flat, 0.002)
    order_id, replaces = rest(flat, market, price), Replaces(flat)
    line = flat.page.get_by_test_id(f"chart-line-{order_id}")
    x, y = middle(line)
    flat.page.mouse.move(x, y)
    flat.page.mouse.down()
    flat.page.mouse.move(x, y + 14, steps=4)
    flat.page.keyboard.press("Escape")
    flat.page.mouse.up()
    assert flat.get(f"tickdesk.chartDrag.at('{order_id}')") is None and replaces.sent == []
    # The collar refuses to buy far above the market.
    flat.get(f"Object.assign({CHART}.range, {{ follow: false, y: [{price * 0.95}, {price * 1.15}] }}) && 1")
    flat.get("(tickdesk.chart.redraw(), 1)")
    flat.wait(f"{CHART}.plot._fullLayout.yaxis.range[1] > {price * 1.14}", 3)
    x, y = middle(line)
    flat.page.mouse.move(x, y)
    flat.page.mouse.down()
    flat.page.mouse.move(x, y_of(flat, price * 1.09), steps=4)
    flat.page.mouse.up()
    expect(flat.page.locator(".note.bad").last).to_contain_text("beyond the market", timeout=10_000)
    flat.wait(f"tickdesk.chartDrag.at('{order_id}') === null", 2)
    assert [float(each.limit_price or 0) for each in market.open()] == [price] and len(replaces.done()) == 1
    flat.page.locator(".note.bad button").last.click()


def test_indicators_are_chosen_in_the_menu_checked_and_kept(tab: Tab) -> None:
    tab.page.click("#indicators")
    tab.page.get_by_test_id("add-rsi").click()
    tab.wait("tickdesk.indicators.held().includes('rsi:14')", 5)
    entry = tab.page.get_by_test_id("indicator-sma-period").first
    entry.fill("1")
    entry.press("Enter")
    expect(tab.page.locator(".ind-row .err:not([hidden])")).to_have_text("Period: enter a whole number from 2 to 500.")
    entry.fill("30")
    entry.press("Enter")
    tab.wait("tickdesk.indicators.held().includes('sma:30') && !tickdesk.indicators.held().includes('sma:20')", 5)
    tab.wait(f"{CHART}.plot._fullLayout.yaxis3.visible", 3)
    held: Any = tab.get(f"tickdesk.indicators.at('sma:30', {LAST} - 1)")
    closes = tab.get(f"{CHART}.bars.candles.close.slice(-31, -1)")
    assert held[0] == pytest.approx(sum(closes) / 30, abs=0.02)
    tab.page.reload()
    tab.wait("window.tickdesk && tickdesk.indicators && tickdesk.chart.state.drawn >= 50", 10)
    tab.wait("tickdesk.indicators.held().length === 4", 5)
    assert tab.get("tickdesk.view.current.indicators") == ["sma:30", "sma:50", "vwap", "rsi:14"]
    tab.get("(tickdesk.indicators.choose(['sma:20', 'sma:50', 'vwap']), 1)")
    tab.wait(f"!{CHART}.plot._fullLayout.yaxis3.visible", 5)
    assert tab.complaints == []


def test_older_bars_come_while_panning_and_home_is_now(tab: Tab) -> None:
    first, last = tab.get(FIRST), tab.get(LAST)
    x, y = middle(tab.page.locator("#chart"))
    for _ in range(12):
        tab.page.mouse.move(x - 150, y)
        tab.page.mouse.down()
        tab.page.mouse.move(x + 500, y, steps=3)
        before = tab.get(f"{CHART}.range.x[0]")
        tab.page.mouse.up()
        tab.wait(f"{CHART}.range.x[0] < {before}", 3)
        if tab.get(f"{FIRST} < {first} - 100"):
            break
    tab.wait(f"{FIRST} < {first} - 100 && tickdesk.bars.length({CHART}.bars) <= 600", 3)
    tab.wait(f"tickdesk.indicators.at('sma:20', {FIRST} + 100)[0] > 0", 3)
    assert tab.get(LAST) < last
    tab.page.keyboard.press("Home")
    tab.wait(f"{LAST} >= {last} && {CHART}.range.follow && {CHART}.shown.until === null", 5)
    assert tab.complaints == []
