"""Trading from the page: each test holds what the page shows against what the practice market says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.desk import wait_until

from .desk import Desk, Process, free_port
from .market import PracticeMarket
from .poster import Poster
from .tab import Tab

REFRESH_MS = 500
FILLED = "#blotter tbody tr[data-state='filled']"
TRADING = "tickdesk.trading.held"


@pytest.fixture(scope="module")
def market(desk: Desk) -> PracticeMarket:
    return PracticeMarket(desk)


@pytest.fixture
def flat(tab: Tab, market: PracticeMarket) -> Tab:
    """A page that holds nothing, with the ticket as it was at first."""
    market.clear()
    tab.wait(f"!{TRADING}.positions.some((each) => each.qty) && !tickdesk.trading.open().length", 5)
    tab.page.select_option("#ticket-type", "market")
    tab.page.fill("#ticket-qty", "10")
    tab.get("(tickdesk.ticket.choose('buy'), tickdesk.oneClick.disarm(), 1)")
    rested(tab)
    return tab


def rested(tab: Tab) -> None:
    """The page takes no order for a moment after one."""
    for name in ("#ticket-submit", "#one-click-buy"):
        expect(tab.page.locator(name)).to_have_attribute("aria-busy", "false", timeout=3000)


def symbol_of(tab: Tab) -> str:
    return str(tab.get("tickdesk.view.current.symbol"))


def count_of(market: PracticeMarket) -> int:
    return len(market.orders())


def held(tab: Tab, symbol: str, qty: int) -> None:
    tab.wait(f"(tickdesk.trading.positionOf('{symbol}') || {{ qty: 0 }}).qty === {qty}", 5)


WATCH = """() => {
  const count = (css) => document.querySelectorAll(css).length, paint = window.paint = {};
  const rows = count("#blotter tbody tr"), marks = count("#chart .scatterlayer .point");
  document.addEventListener("pointerdown", () => { paint.from = performance.now(); }, { once: true, capture: true });
  const look = () => {
    const at = performance.now(), closes = document.querySelector("#positions [data-testid^='close-']:not([hidden])");
    if (!paint.row && count("#blotter tbody tr") > rows) paint.row = at;
    if (!paint.position && closes) paint.position = at;
    if (!paint.marker && count("#chart .scatterlayer .point") > marks) paint.marker = at;
    if (!(paint.row && paint.position && paint.marker)) requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.alone
def test_one_click_buys_and_row_position_and_marker_are_painted(flat: Tab, market: PracticeMarket) -> None:
    before, symbol = count_of(market), symbol_of(flat)
    flat.page.click("#one-click-arm")
    expect(flat.page.locator(".oneclick")).to_have_attribute("data-armed", "true")
    flat.page.evaluate(WATCH)
    flat.page.click("#one-click-buy")
    flat.wait("window.paint.row && window.paint.position && window.paint.marker", 5)
    took = flat.get("['row', 'position', 'marker'].map((name) => Math.round(window.paint[name] - window.paint.from))")
    print("ms from the click:", took)
    held(flat, symbol, 10)
    assert market.held() == {symbol: 10} and count_of(market) == before + 1
    assert max(took) <= 300 + REFRESH_MS, took
    assert flat.complaints == []


def test_equity_and_the_days_profit_are_the_accounts(flat: Tab, market: PracticeMarket) -> None:
    account: Any = market.client.get_account()
    shown = flat.page.locator("#equity span").last.inner_text()
    assert abs(float(shown.replace("$", "").replace(",", "")) - float(account.equity)) < 50
    assert flat.page.locator("#day-pnl .part").inner_text().strip().endswith("%")


def test_a_double_click_is_one_order(flat: Tab, market: PracticeMarket) -> None:
    before = count_of(market)
    flat.page.dblclick("#ticket-submit")
    held(flat, symbol_of(flat), 10)
    flat.page.wait_for_timeout(300)
    assert count_of(market) == before + 1


@pytest.mark.parametrize("focus", ["#ticket-qty", "#ticket-submit"])
def test_enter_held_down_is_one_order(flat: Tab, market: PracticeMarket, focus: str) -> None:
    before = count_of(market)
    flat.page.focus(focus)
    for _ in range(25):
        flat.page.keyboard.down("Enter")
        flat.page.wait_for_timeout(35)
    flat.page.keyboard.up("Enter")
    held(flat, symbol_of(flat), 10)
    assert count_of(market) == before + 1


def test_a_replayed_post_and_a_reload_make_no_second_order(
    flat: Tab, desk: Desk, market: PracticeMarket, new_tab: Callable[[], Tab]
) -> None:
    before = count_of(market)
    tab = new_tab().open(desk.url)
    tab.wait(f"{TRADING}.lock && !tickdesk.lock.reason()", 5)
    with tab.page.expect_request(lambda request: '"ticket-answer.data"' in (request.post_data or "")) as sent:
        tab.page.click("#ticket-submit")
    tab.page.reload()
    request = sent.value
    wait_until(lambda: count_of(market) == before + 1, 5, "the order is there")
    for _ in range(3):
        again = tab.page.request.post(request.url, data=request.post_data, headers=request.headers)
        assert again.status == 200 and "Traceback" not in again.text()
    tab.page.wait_for_timeout(300)
    assert count_of(market) == before + 1


def rest(tab: Tab, market: PracticeMarket) -> str:
    """A limit order that works a little below the market; its client order id."""
    tab.page.select_option("#ticket-type", "limit")
    tab.page.fill("#ticket-limit-price", f"{float(tab.get('tickdesk.quote.held.bid')) * 0.998:.2f}")
    tab.page.click("#ticket-submit")
    wait_until(market.open, 5, "the market has the order")
    order_id = str(market.open()[0].client_order_id)
    tab.page.wait_for_selector(f"#blotter tr[data-row='{order_id}'][data-state='new']", timeout=5000)
    return order_id


def test_a_limit_order_rests_on_the_chart_and_is_cancelled_from_its_row(flat: Tab, market: PracticeMarket) -> None:
    order_id = rest(flat, market)
    row = flat.page.locator(f"#blotter tr[data-row='{order_id}']")
    assert "Working" in row.inner_text()
    chip = flat.page.get_by_test_id(f"chart-cancel-{order_id}")
    expect(chip).to_be_visible()
    limit = float(market.open()[0].limit_price or 0)
    flat.wait(f"tickdesk.chart.state.plot._fullLayout.shapes.some((each) => each.y0 === {limit})", 3)
    flat.page.get_by_test_id(f"cancel-{order_id}").click()
    expect(row).to_have_attribute("data-state", "canceled", timeout=2000)
    expect(chip).to_have_count(0, timeout=1000)
    flat.wait(f"!tickdesk.chart.state.plot._fullLayout.shapes.some((each) => each.y0 === {limit})", 3)
    assert market.open() == []


def test_a_line_is_cancelled_on_the_chart_and_all_lines_at_once(flat: Tab, market: PracticeMarket) -> None:
    order_id = rest(flat, market)
    flat.page.get_by_test_id(f"chart-cancel-{order_id}").click()
    wait_until(lambda: not market.open(), 3, "the order is canceled")
    rested(flat)
    rest(flat, market)
    flat.page.click("#cancel-all")
    wait_until(lambda: not market.open(), 3, "no order works")


def test_shapes_change_with_the_orders_state_only_and_focus_stays(flat: Tab, market: PracticeMarket) -> None:
    order_id = rest(flat, market)
    flat.page.get_by_test_id(f"cancel-{order_id}").focus()
    flat.get("(window.shapes = tickdesk.chartOrders.shapes(), 1)")
    asked = flat.asks()
    flat.wait(f"tickdesk.page.gate.n >= {asked + 6}", 6)
    assert flat.get("window.shapes === tickdesk.chartOrders.shapes() && window.shapes.length === 1")
    assert flat.get("document.activeElement.dataset.testid") == f"cancel-{order_id}"


def test_close_leaves_zero(flat: Tab, market: PracticeMarket) -> None:
    symbol = symbol_of(flat)
    flat.page.click("#ticket-submit")
    held(flat, symbol, 10)
    flat.page.get_by_test_id(f"close-{symbol}").dblclick()
    held(flat, symbol, 0)
    assert market.held() == {}
    assert "flat" in flat.page.locator(f"#positions tr[data-row='{symbol}']").inner_text()


def test_flatten_asks_and_leaves_zero(flat: Tab, market: PracticeMarket) -> None:
    symbol = symbol_of(flat)
    rest(flat, market)
    flat.page.select_option("#ticket-type", "market")
    rested(flat)
    flat.page.click("#ticket-submit")
    held(flat, symbol, 10)
    flat.page.click("#flatten-all")
    expect(flat.page.locator(".will-send")).to_contain_text(f"Sell 10 {symbol}")
    assert market.held() == {symbol: 10}
    flat.page.get_by_role("button", name="Flatten 1 position").click()
    held(flat, symbol, 0)
    assert market.held() == {} and market.open() == []


BAD_QTY = ["0", "-1", "1e308", "text", "NaN", "", "1.5.2", "$", "$0.50", "٣"]
BAD_PRICE = ["0", "-5", "abc", "Infinity", "100.001", ""]


def test_bad_input_is_told_beside_its_field_and_sends_nothing(flat: Tab, market: PracticeMarket) -> None:
    before = count_of(market)
    for value in BAD_QTY:
        refuse(flat, "#ticket-qty", "qty", value)
    flat.page.fill("#ticket-qty", "10")
    flat.page.select_option("#ticket-type", "limit")
    for value in BAD_PRICE:
        refuse(flat, "#ticket-limit-price", "limit_price", value)
    assert count_of(market) == before and flat.complaints == []


def refuse(tab: Tab, field: str, name: str, value: str) -> None:
    tab.page.fill(field, value)
    tab.page.click("#ticket-submit")
    error = tab.page.locator(f"[data-error='{name}']")
    expect(error).to_be_visible(timeout=3000)
    assert len(error.inner_text()) > 10, value
    assert "Nothing was sent" in tab.page.locator("#ticket-message").inner_text()


def ticket(**change: Any) -> dict[str, Any]:
    whole = {"symbol": "AAPL", "side": "buy", "qty": "10", "type": "market", "time_in_force": "day"}
    return {"n": 1, "ticket": {**whole, "limit_price": "", "nonce": "0123456789abcdef", **change}}


HOSTILE: list[tuple[dict[str, Any], str]] = [
    (ticket(symbol="NOPE"), "symbol"),
    (ticket(symbol=["AAPL"]), "symbol"),
    (ticket(qty=["10"]), "qty"),
    (ticket(qty=float("nan")), "qty"),
    (ticket(qty={"a": 1}), "qty"),
    (ticket(qty=True), "qty"),
    (ticket(qty=10**400), "qty"),
    (ticket(side="hold"), "side"),
    (ticket(type="stop"), "stop_price"),
    (ticket(type="iceberg"), "type"),
    (ticket(time_in_force=7), "time_in_force"),
    (ticket(type="limit", limit_price="1.001"), "limit_price"),
    (ticket(nonce="x"), "ticket"),
    ({"n": 1, "ticket": "buy"}, "ticket"),
]


@pytest.mark.parametrize(("posted", "field"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_posted_ticket_is_checked_by_the_server(
    desk: Desk, market: PracticeMarket, posted: dict[str, Any], field: str
) -> None:
    before = count_of(market)
    assert field in Poster(desk.url).act("ticket", posted)["errors"]
    assert count_of(market) == before


def test_other_actions_are_checked_too(desk: Desk, market: PracticeMarket) -> None:
    poster, before = Poster(desk.url), count_of(market)
    for action in ("positions", "blotter", "kill-switch"):
        for value in (None, [], "x", 7, {}, {"n": -1}, {"symbol": ["AAPL"], "nonce": 5}, {"ids": [7]}, {"on": "yes"}):
            assert poster.act(action, value)["problem"]
    assert poster.act("blotter", {"n": 1, "ids": ["nobody"]})["cancels"] == [["nobody", "There is no such order."]]
    assert count_of(market) == before and not desk.health()["kill"]["on"]


FOREIGN = [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
WITHOUT_TOKEN = [{"X-CSRFToken": ""}, {"X-CSRFToken": "0" * 64}, {"Cookie": ""}]


@pytest.mark.parametrize("headers", [*FOREIGN, *WITHOUT_TOKEN], ids=str)
def test_a_post_that_is_not_the_pages_makes_no_order(
    desk: Desk, market: PracticeMarket, headers: dict[str, str]
) -> None:
    before = count_of(market)
    status, text = Poster(desk.url).post("ticket-ask", "ticket-answer", ticket(), **headers)
    assert status in {403, 421} and "Traceback" not in text
    assert count_of(market) == before


def test_a_megabyte_is_refused(desk: Desk, market: PracticeMarket) -> None:
    before = count_of(market)
    status, text = Poster(desk.url).post("ticket-ask", "ticket-answer", ticket(symbol="A" * 1_000_000))
    assert status in {400, 413} and "Traceback" not in text
    assert count_of(market) == before


def test_a_denial_says_the_numbers(flat: Tab, market: PracticeMarket) -> None:
    before = count_of(market)
    flat.page.fill("#ticket-qty", "20000")
    flat.page.click("#ticket-submit")
    expect(flat.page.locator("#ticket-message")).to_contain_text("20,000 is over 10,000")
    toast = flat.page.locator("#toast-area .note.bad").last
    expect(toast).to_contain_text("Denied")
    toast.get_by_role("button").click()
    assert count_of(market) == before


def test_kill_cancels_and_locks_and_leaves_the_exits_open(flat: Tab, desk: Desk, market: PracticeMarket) -> None:
    symbol = symbol_of(flat)
    flat.page.click("#ticket-submit")
    held(flat, symbol, 10)
    rested(flat)
    rest(flat, market)
    flat.page.click("#one-click-arm")
    flat.page.click("#kill-switch")
    wait_until(lambda: not market.open(), 5, "what worked is canceled")
    locked(flat)
    flat.page.get_by_test_id(f"close-{symbol}").click()
    held(flat, symbol, 0)
    take_off(flat.page)
    wait_until(lambda: not desk.health()["kill"]["on"], 5, "the switch is off")
    flat.wait("!tickdesk.lock.reason()", 5)


def locked(tab: Tab) -> None:
    expect(tab.page.locator("#kill-switch")).to_have_attribute("aria-pressed", "true")
    expect(tab.page.locator(".ticket .why")).to_contain_text("kill switch")
    expect(tab.page.locator(".oneclick")).to_have_attribute("data-armed", "false")
    expect(tab.page.locator("#ticket-submit")).to_have_attribute("aria-disabled", "true")
    expect(tab.page.locator("#banner .what")).to_contain_text("kill switch is on")


def take_off(page: Page) -> None:
    page.click("#kill-switch")
    page.get_by_role("button", name="Take it off").click()
    expect(page.locator("#kill-switch")).to_have_attribute("aria-pressed", "false")


def test_one_click_is_off_after_escape_and_after_another_symbol(flat: Tab) -> None:
    panel = flat.page.locator(".oneclick")
    flat.page.click("#one-click-arm")
    flat.page.keyboard.press("Escape")
    expect(panel).to_have_attribute("data-armed", "false")
    flat.page.click("#one-click-arm")
    flat.page.get_by_test_id("watch-MSFT").click()
    expect(panel).to_have_attribute("data-armed", "false")
    expect(flat.page.locator("#ticket-symbol")).to_have_text("MSFT")


def test_a_whole_trade_by_keyboard(flat: Tab, market: PracticeMarket) -> None:
    symbol = symbol_of(flat)
    flat.page.locator("#chart").hover()
    flat.get("(document.activeElement.blur(), 1)")
    for key in ("2", "Shift+A", "Shift+B"):
        flat.page.keyboard.press(key)
    held(flat, symbol, 25)
    assert market.held() == {symbol: 25}


def test_refused_keys_are_told_in_words_and_lock_the_ticket(
    desk: Desk, tmp_path: Path, new_tab: Callable[[], Tab]
) -> None:
    url = f"127.0.0.1:{desk.environment['SIMULATOR_PORT']}"
    keys = {"ALPACA_API_KEY": "PKWRONG", "ALPACA_SECRET_KEY": "wrong"}
    hosts = {"ALPACA_TRADING_URL": f"http://{url}", "ALPACA_DATA_URL": f"http://{url}"}
    stream = {"ALPACA_DATA_STREAM_URL": f"ws://{url}", "DASHBOARD_PORT": str(free_port()), "DATA_DIR": str(tmp_path)}
    refused = Process("run", environment={**desk.environment, **keys, **hosts, **stream})
    try:
        other = Desk(refused, int(stream["DASHBOARD_PORT"]), {})
        wait_until(lambda: other.health().get("stream", {}).get("state") == "refused", 20, "the keys are refused")
        page = new_tab().page
        page.goto(other.url)
        expect(page.locator("#banner .means")).to_contain_text("refused the keys", timeout=5000)
        expect(page.locator(".ticket .why")).to_contain_text("Check the keys")
        assert "No account" in Poster(other.url).act("ticket", ticket())["problem"]
    finally:
        refused.stop()


def test_with_real_money_arming_takes_a_held_button(flat: Tab) -> None:
    panel, arm = flat.page.locator(".oneclick"), flat.page.locator("#one-click-arm")
    flat.get("(document.documentElement.dataset.mode = 'live', 1)")
    try:
        arm.click()
        flat.page.keyboard.press("Shift+A")
        expect(panel).to_have_attribute("data-armed", "false")
        arm.click(delay=850)
        expect(panel).to_have_attribute("data-armed", "true")
    finally:
        flat.get("(document.documentElement.dataset.mode = 'sim', 1)")


def test_a_symbol_that_is_not_streamed_can_be_asked_for(flat: Tab) -> None:
    flat.page.click("#symbol-search")
    flat.page.keyboard.type("zzzz")
    expect(flat.page.locator("#symbol-matches")).to_contain_text("Stream ZZZZ")
    flat.page.keyboard.press("Enter")
    expect(flat.page.locator("#toast-area")).to_contain_text(
        "ZZZZ is not a symbol that can be traded here", timeout=8000
    )
    assert flat.page.locator("#symbol-search").input_value() == ""


def test_a_symbol_of_the_settings_leaves_this_page_only(flat: Tab, desk: Desk) -> None:
    flat.page.get_by_test_id("watch-AMD").hover()
    flat.page.get_by_test_id("remove-AMD").click()
    expect(flat.page.get_by_test_id("watch-AMD")).to_have_count(0)
    expect(flat.page.locator("#toast-area")).to_contain_text("AMD is off your list. It is still streamed", timeout=8000)
    assert "AMD" in desk.health()["cache"]["symbols"]
    flat.page.keyboard.press("/")
    flat.page.keyboard.type("amd")
    flat.page.keyboard.press("Enter")
    expect(flat.page.get_by_test_id("watch-AMD")).to_have_attribute("aria-selected", "true")
