"""How the page looks: theme and palette, the phone, and what axe-core finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from .desk import Desk
from .tab import Tab

ROOT = "document.documentElement.dataset"
CANDLES = "tickdesk.chart.state.plot._fullData.find((trace) => trace.name === 'candles')"
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SMALL = """[...document.querySelectorAll("button, a, input, select, [role=option]")].filter((each) => {
  const { width, height } = (each.closest("label, .input, .search, .check") || each).getBoundingClientRect();
  const least = each.closest(".ol, .news-mark, .seg, .t-chips, .t-peg") || each.matches(".news-mark, [role=switch]") ? 24 : 44;
  return width && !each.closest(".t-ext, .overlay") && (height < least || width < Math.min(least, 24));
}).map((each) => each.id || each.className || each.textContent)"""


@pytest.fixture(scope="module")
def light(browser: Browser, browser_context_args: dict[str, Any], desk: Desk) -> Iterator[Tab]:
    """A page on a system that is set to light."""
    context = browser.new_context(**{**browser_context_args, "color_scheme": "light"})
    yield Tab(context.new_page()).open(desk.url)
    context.close()


@pytest.fixture(scope="module")
def phone_context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, color_scheme="dark"
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def phone(phone_context: BrowserContext, desk: Desk) -> Tab:
    return Tab(phone_context.new_page()).open(desk.url)


TO_THE_END = "() => document.querySelectorAll('.a-ticket, .a-ticket *').forEach((each) => { each.scrollTop = 1e6; })"
"""Above the end of the ticket its last field may be half behind the button that always stays in sight."""


def serious(tab: Tab) -> list[str]:
    found = Axe().run(tab.page, options=WCAG).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['target']}" for each in found if each["impact"] in {"serious", "critical"}
    ]


def wait_candles(tab: Tab, color: str) -> None:
    tab.wait(f"{CANDLES}.decreasing.line.color === '{color}'", 5)


def test_the_theme_is_the_systems_until_one_is_chosen(light: Tab) -> None:
    assert light.get(f"[{ROOT}.theme, {ROOT}.bsTheme, {ROOT}.palette]") == ["light", "light", "green-red"]
    wait_candles(light, "#C3273A")
    light.page.emulate_media(color_scheme="dark")
    light.wait(f"{ROOT}.theme === 'dark'", 2)
    wait_candles(light, "#F7697A")
    light.page.emulate_media(color_scheme="light")
    light.page.click("#look-open")
    light.page.click("[data-testid=theme-dark]")
    assert light.get(f"{ROOT}.theme") == "dark"
    light.page.click("[data-testid=theme-system]")
    light.page.keyboard.press("Escape")
    expect(light.page.locator("#look-menu")).to_be_hidden()
    expect(light.page.locator("#look-open")).to_be_focused()


def test_a_choice_is_kept_and_there_before_anything_is_painted(light: Tab) -> None:
    light.page.click("#look-open")
    light.page.click("[data-testid=palette-blue-orange]")
    light.page.click("[data-testid=theme-dark]")
    wait_candles(light, "#FF9E45")
    light.page.add_init_script(
        "new MutationObserver((_, self) => { if (document.body) { "
        "window.seen = document.documentElement.dataset.theme + document.documentElement.dataset.palette; "
        "self.disconnect(); } }).observe(document, { childList: true, subtree: true })"
    )
    light.page.reload()
    light.wait("window.tickdesk && tickdesk.chart && tickdesk.chart.state.drawn >= 50", 10)
    assert light.get("window.seen") == "darkblue-orange"
    wait_candles(light, "#FF9E45")
    assert light.get(
        "tickdesk.chart.state.bars.volume.color.every((each) => ['#62B0FF57', '#FF9E4557'].includes(each))"
    )
    light.get("tickdesk.look.choose({ theme: 'system', palette: 'green-red' })")
    assert light.complaints == []


@pytest.mark.parametrize("kept", ["{", "7", '{"theme": "pink", "palette": ["x"]}'])
def test_what_is_kept_and_makes_no_sense_is_the_default(scripts: Any, kept: str) -> None:
    body = (
        "let found = null; try { found = JSON.parse(arg); } catch { found = null; } return tickdesk.look.sane(found);"
    )
    assert scripts.evaluate(f"(arg) => {{ {body} }}", kept) == {"theme": "system", "palette": "green-red"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_trade_and_health(light: Tab, theme: str) -> None:
    light.get(f"tickdesk.look.choose({{ theme: '{theme}' }})")
    assert serious(light) == []
    light.page.click("#look-open")
    light.get("tickdesk.rail.go('health')")
    light.wait("document.querySelectorAll('#health-table tbody tr').length > 2", 5)
    assert serious(light) == []
    light.get("tickdesk.rail.go('trade')")
    light.page.keyboard.press("Escape")


def test_a_size_that_changes_when_the_first_bars_come_breaks_nothing(tab: Tab) -> None:
    tab.page.route("**/_dash-update-component", lambda route: None)
    drawn = tab.page.evaluate(
        """async () => {
          const { chart, bars } = tickdesk, wait = (ms) => new Promise((done) => setTimeout(done, ms));
          const rows = Array.from({ length: 60 }, (_, k) => [k, 1.7e12 + k * 60000, 10, 12, 9, 11, 100, 1]);
          chart.hold([], null, { symbol: "NEW", interval: "1Min" });
          await wait(100);
          chart.hold(rows, null, { symbol: "NEW", interval: "1Min" });
          await Plotly.relayout(chart.state.plot, { autosize: true });
          await wait(100);
          return document.querySelectorAll("#chart .boxlayer path").length;
        }"""
    )
    tab.page.unroute("**/_dash-update-component")
    tab.get("tickdesk.gate.applied(tickdesk.page.gate, null)")  # whatever it held is gone: a whole window
    assert drawn == 60 and tab.complaints == []


def test_a_phone_shows_one_panel_and_the_ways_out_and_never_scrolls_sideways(phone: Tab) -> None:
    shown = {"chart": "#chart", "ticket": "#ticket-submit", "account": "#positions"}
    for name in ("ticket", "account", "chart"):
        phone.page.click(f".phone-tabs [data-tab={name}]")
        for each, css in shown.items():
            expect(phone.page.locator(css)).to_be_visible(visible=each == name)
        for css in ("#mode-label", "#connection-lamp", "#kill-switch", "#phone-flatten-all", "#phone-cancel-all"):
            expect(phone.page.locator(css)).to_be_in_viewport(ratio=1)
        assert phone.get("document.documentElement.scrollWidth") == 390
        assert phone.get(SMALL) == [], name
        phone.page.evaluate(TO_THE_END)
        assert serious(phone) == [], name
    assert phone.complaints == []


def test_a_phone_reaches_the_watchlist_by_the_search_and_health_by_a_link(phone: Tab) -> None:
    second = phone.get("tickdesk.watchlist.symbols()[1]")
    phone.page.tap("#symbol-search")
    phone.page.locator(".match", has_text=second).tap()
    expect(phone.page.locator(".phone-quote .sym")).to_have_text(second)
    phone.page.tap(".rail [data-page=health]")
    expect(phone.page.locator(".health h1")).to_be_visible()
    expect(phone.page.locator("#phone-flatten-all")).to_be_in_viewport(ratio=1)
    assert phone.get("document.documentElement.scrollWidth") == 390 and serious(phone) == []
    phone.page.tap(".rail [data-page=trade]")


@pytest.mark.parametrize("size", [(800, 500), (640, 400)])
def test_a_zoom_of_two_hundred_percent_falls_to_a_narrower_layout(tab: Tab, size: tuple[int, int]) -> None:
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    assert tab.get("document.documentElement.scrollWidth") == size[0]
    for name in ("mode-label", "symbol-search", "connection-lamp", "kill-switch", "look-open", "chart"):
        box = tab.page.locator(f"#{name}").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["height"] > 20, name
