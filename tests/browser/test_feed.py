"""What the page says of the feed: symbols, streams, halts, gaps, news, depth and health, each fact decided by the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from domain.status import Budget, StreamState, StreamStatus
from orders.journal import Journal
from tests.desk import wait_until

from .desk import Desk, Process, environment_of
from .filled import MINUTE, NOW, OUTLIER, FilledMarket, article, book, first_status, gap
from .tab import Tab


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledMarket]:
    market = FilledMarket(tmp_path_factory.mktemp("filled") / "cache")
    yield market
    market.close()


@pytest.fixture(scope="module")
def shared_tab(market: FilledMarket, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Tab]:
    """A page on a dashboard that reads what the tests write; there is no worker."""
    environment = environment_of(market.folder)
    process, context = Process("dashboard", environment=environment), browser.new_context(**browser_context_args)
    desk = Desk(process, int(environment["DASHBOARD_PORT"]), environment)
    try:
        wait_until(desk.health, 20, "the dashboard answers")
        yield Tab(context.new_page()).open(desk.url)
    finally:
        context.close()
        process.kill()


@pytest.fixture
def tab(shared_tab: Tab, market: FilledMarket) -> Tab:
    """The first symbol on the Trade page of a desk on which all is well."""
    market.tell(
        **{name: getattr(first_status(), name) for name in ("streams", "stream", "symbol_states", "budget", "load")}
    )
    shared_tab.get("(tickdesk.rail.go('trade'), tickdesk.tabs.open('dock', 'positions'), 1)")
    shared_tab.wait_state("live", 10)
    shared_tab.reset()
    return shared_tab


def choose(tab: Tab, symbol: str) -> None:
    tab.page.get_by_test_id(f"watch-{symbol}").click()
    tab.wait(f"tickdesk.chart.state.shown.symbol === '{symbol}' && tickdesk.quote.held.symbol === '{symbol}'", 5)


def test_a_coin_has_its_own_decimals(tab: Tab) -> None:
    expect(tab.page.get_by_test_id("watch-BTC/USD")).to_contain_text("67123.45")
    expect(tab.page.get_by_test_id("watch-DOGE/USD")).to_contain_text("0.12345")
    choose(tab, "DOGE/USD")
    assert tab.page.locator(".a-quote .last").inner_text() == "0.12345"
    wait_until(lambda: tab.get("tickdesk.chart.state.plot._fullLayout.yaxis.tickformat") == ".5f", 3, "the axis too")


def test_a_limit_begins_at_the_quote_of_its_own_symbol(tab: Tab) -> None:
    limit = tab.page.locator("#ticket-limit-price")
    tab.page.select_option("#ticket-type", "limit")
    expect(limit).to_have_value("265.02")
    choose(tab, "MSFT")
    expect(limit).to_have_value("377.55")
    tab.page.select_option("#ticket-type", "market")


def test_the_foot_counts_and_says_why_nothing_more_can_be_added(tab: Tab, market: FilledMarket) -> None:
    foot = tab.page.locator(".wl-foot")
    expect(foot).to_have_text("5 of 30 symbols")
    market.tell(budget=Budget(30, 30))
    expect(foot).to_contain_text("Full: remove one to add another.")
    market.tell(budget=Budget(5, None))
    expect(foot).to_have_text("5 symbols")


def answer_unwatch(market: FilledMarket, symbol: str, **answer: str) -> None:
    """What a worker would write into the command's row."""
    journal = Journal(f"sqlite:///{market.folder / 'journal.db'}")
    (found,) = wait_until(journal.open_commands, 5, "the worker is asked")
    assert found[1:] == ("unwatch", {"symbol": symbol})
    with journal.writing() as rows:
        rows.answer_command(found[0], {"symbol": symbol, **answer})
    journal.close()


def test_a_symbol_is_taken_off_by_the_pointer_and_by_a_key_and_put_back_by_the_search(
    tab: Tab, market: FilledMarket
) -> None:
    tab.page.get_by_test_id("watch-DOGE/USD").hover()
    tab.page.get_by_test_id("remove-DOGE/USD").click()
    expect(tab.page.get_by_test_id("watch-DOGE/USD")).to_have_count(0)
    answer_unwatch(market, "DOGE/USD", kept="it is one of the desk's own symbols")
    expect(tab.page.locator("#toast-area")).to_contain_text(
        "DOGE/USD is off your list. It is still streamed: it is one of the desk's own symbols."
    )
    choose(tab, "BTC/USD")
    tab.page.keyboard.press("Delete")
    expect(tab.page.get_by_test_id("watch-BTC/USD")).to_have_count(0)
    answer_unwatch(market, "BTC/USD")
    expect(tab.page.locator("#toast-area")).to_contain_text("BTC/USD is off your list.")
    tab.wait("tickdesk.view.current.symbol === 'MSFT'", 3)
    for name in ("doge", "btc"):
        tab.page.keyboard.press("/")
        tab.page.keyboard.type(name)
        tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_test_id("watch-BTC/USD")).to_have_attribute("aria-selected", "true")
    assert len(tab.get("tickdesk.watchlist.symbols()")) == 5


def test_the_lamp_lists_the_streams_and_the_banner_the_symbols_that_do_not_come(tab: Tab, market: FilledMarket) -> None:
    market.tell_stream("crypto", state=StreamState.STALE, why="The ping was not answered.", not_streaming=["DOGE/USD"])
    expect(tab.page.locator("#banner .what")).to_have_text("DOGE/USD does not stream.")
    expect(tab.page.get_by_test_id("watch-DOGE/USD")).to_contain_text("not streaming")
    tab.page.get_by_role("button", name="All streams: Crypto stale").focus()
    tab.page.keyboard.press("Enter")
    row = tab.page.locator("#streams [data-feed='crypto']")
    expect(row).to_have_attribute("data-state", "stale")
    expect(row).to_contain_text("The ping was not answered. Does not stream: DOGE/USD.")
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#streams")).to_be_hidden()
    assert tab.state() == "live"


def test_only_symbols_of_the_stream_that_stopped_are_not_believed(tab: Tab, market: FilledMarket) -> None:
    market.tell_stream("crypto", state=StreamState.RECONNECTING, last_msg_age_s=27.0)
    expect(tab.page.locator("#banner")).to_be_hidden()
    choose(tab, "BTC/USD")
    expect(tab.page.locator("#banner .what")).to_contain_text("Crypto data stopped 27")
    expect(tab.page.locator(".app")).to_have_attribute("data-stale", "true")
    expect(tab.page.locator(".no-data")).to_be_visible()


def test_refused_keys_are_told_whichever_stream_a_symbol_comes_by(tab: Tab, market: FilledMarket) -> None:
    choose(tab, "BTC/USD")
    market.tell(stream=StreamStatus(state=StreamState.REFUSED, why="Alpaca refused the keys (401)."))
    expect(tab.page.locator("#banner .means")).to_have_text("Alpaca refused the keys (401).")
    choose(tab, "AAPL")
    expect(tab.page.locator("#banner .means")).to_have_text("Alpaca refused the keys (401).")


def test_a_halt_is_told_in_words_in_the_row_the_quote_and_the_chart(tab: Tab, market: FilledMarket) -> None:
    market.tell_state("MSFT", halted=True, status="Halted", reason="News pending", since=NOW - 20 * MINUTE)
    expect(tab.page.get_by_test_id("watch-MSFT")).to_contain_text("HALTED")
    choose(tab, "MSFT")
    expect(tab.page.locator(".q-halt")).to_contain_text("News pending since 16:10:00")
    expect(tab.page.locator(".halt-band")).to_contain_text("since 16:10:00")
    market.tell_state("MSFT", halted=False, status="Trading", since=NOW)
    for name in (".q-halt", ".halt-band"):
        expect(tab.page.locator(name)).to_be_hidden()


def test_limits_silence_and_outliers_are_marked(tab: Tab, market: FilledMarket) -> None:
    market.tell_state("AAPL", limit_up=265.1, limit_down=264.9, silent=True)
    expect(tab.page.locator(".limit-line")).to_have_text(["Limit up 265.10", "Limit down 264.90"])
    expect(tab.page.get_by_test_id("watch-AAPL")).to_contain_text("no data")
    market.trade("AAPL", 240.0, OUTLIER)
    expect(tab.page.locator("#tape .tape-row.outlier")).to_contain_text("! 240.00")


def test_a_gap_is_shaded_where_it_was_and_says_what_filled_it(tab: Tab, market: FilledMarket) -> None:
    market.tell_stream("stocks", gaps=[gap(50, None)])
    band = tab.page.locator(".gap-band")
    expect(band).to_contain_text("nothing came yet")
    market.tell_stream("stocks", gaps=[gap(50, 50 - 122 / 60, True)])
    expect(band).to_have_text("Gap 2:02filled from history")
    scale = "tickdesk.chartOverlay.scale(tickdesk.chart.state.plot)"
    box, bar = band.bounding_box(), tab.get(f"{scale}.x(1) - {scale}.x(0)")
    assert box and box["width"] == pytest.approx(bar * 122 / 60, abs=2)
    choose(tab, "BTC/USD")
    expect(band).to_have_count(0)  # the coins' stream had none


HOSTILE = '<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>'


def test_news_are_text_and_a_link_is_http(tab: Tab, market: FilledMarket) -> None:
    market.news(
        article(1, HOSTILE, 30, ("AAPL", HOSTILE), "javascript:window.hurt = 1"),
        article(2, "Amazon opens", 12, ("AMZN",), "https://example.com/a"),
    )
    tab.page.locator(".tabs.wide [data-tab='news']").click()
    rows = tab.page.locator("#news .news-row")
    expect(rows).to_have_count(2)
    assert rows.nth(1).locator(".headline").inner_text() == HOSTILE
    assert tab.page.locator("#news img, #news script, #news [href^='javascript']").count() == 0
    link = rows.nth(0).get_by_role("link", name="Amazon opens")
    assert [link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://example.com/a",
        "_blank",
        "noopener noreferrer",
    ]
    assert tab.get("window.hurt") is None


def test_news_are_filtered_marked_on_the_chart_and_lead_to_their_symbol(tab: Tab, market: FilledMarket) -> None:
    market.news(
        article(3, "Apple moves", 60), article(4, "Amazon moves", 11, ("AMZN",)), article(5, "Apple again", 59.9)
    )
    mark = tab.page.get_by_role("button", name="News: Apple again")
    expect(mark).to_have_text("2")
    mark.click()
    expect(tab.page.locator(".trade")).to_have_attribute("data-dock", "news")
    tab.page.locator("#news .seg").get_by_role("button", name="AAPL").click()
    expect(tab.page.locator("#news .news-row", has_text="Amazon moves")).to_have_count(0)
    tab.page.locator("#news .seg").get_by_role("button", name="All").click()
    tab.page.locator("#news .news-row", has_text="Amazon moves").get_by_role("button", name="Show AMZN").click()
    tab.wait("tickdesk.chart.state.shown.symbol === 'AMZN'", 5)


def test_news_travel_once(tab: Tab, market: FilledMarket) -> None:
    market.news(article(6, "Only once", 1))
    tab.wait("tickdesk.news.held.items.has(6)", 5)
    count = "tickdesk.news.hear = (part) => { if (part) window.told += 1; window.hearNews(part); }"
    tab.get(f"(window.told = 0, window.hearNews = tickdesk.news.hear, {count}, 1)")
    asked = tab.asks()
    tab.wait(f"tickdesk.page.gate.n >= {asked + 4}", 5)
    assert tab.get("(tickdesk.news.hear = window.hearNews, window.told)") == 0


def test_a_coin_has_a_ladder_and_a_stock_the_top_of_its_book(tab: Tab, market: FilledMarket) -> None:
    ladder = tab.page.locator("#ladder")
    expect(ladder).to_contain_text("Top of book (IEX)")
    expect(ladder.locator(".lad-rows .lad")).to_have_count(3)
    market.depth(book("BTC/USD", 67_123.45, 0.5))
    choose(tab, "BTC/USD")
    expect(ladder.locator(".lad-rows .lad")).to_have_count(23)
    expect(ladder.locator(".ask0 .p")).to_have_text("67123.45")
    expect(ladder.locator(".bid0 .p")).to_have_text("67122.95")
    market.depth(book("BTC/USD", 67_000.0, 0.5))
    expect(ladder.locator(".ask0 .p")).to_have_text("67000.00")
    assert ladder.locator(".lad").nth(3).bounding_box()["height"] == 20  # type: ignore[index]


def test_the_health_page_tells_what_was_missing_and_what_was_left_out(tab: Tab, market: FilledMarket) -> None:
    market.tell_stream(
        "stocks", gaps=[gap(100, 98, True), gap(44, 43, False)], quarantine={"price <= 0": 2}, quarantined=2
    )
    tab.page.keyboard.press("g")
    tab.page.keyboard.press("h")
    page = tab.page
    expect(page).to_have_title("Tickdesk · Health")
    assert page.url.endswith("/health") and page.locator(".trade").is_hidden()
    expect(page.locator("#health-gaps tbody tr")).to_have_count(2)
    expect(page.locator("#health-gaps tbody tr").first).to_contain_text("Differs")
    expect(page.locator("#health-left-out tbody tr")).to_contain_text(["Quarantined: price <= 0"])
    expect(page.locator("#health-table tbody tr[data-row='build'] .num").first).to_have_text(
        re.compile(r"^\d+(\.\d)?$")
    )
    expect(page.locator("[data-tile='data'] .v")).to_have_text("Live")
    expect(page.locator("[data-node='live']")).to_have_class("node on")
    market.tell_stream("crypto", state=StreamState.REFUSED, why="Alpaca refused the keys (401).")
    page.locator("#health-streams [data-feed='crypto']").click()
    expect(page.locator("[data-node='refused']")).to_have_class("node on bad")
    expect(page.locator(".health .verdict")).to_contain_text("LOOK HERE")


def test_the_health_page_opens_by_its_address_and_leads_back_to_a_live_chart(tab: Tab) -> None:
    tab.page.goto(tab.page.url.split("/health")[0].rstrip("/") + "/health")
    expect(tab.page.locator("[data-tile='orders'] .v")).to_have_text("Live", timeout=8000)
    tab.page.locator(".rail a[data-page='trade']").click()
    tab.wait("tickdesk.chart.drawMs > 0 && tickdesk.bars.length(tickdesk.chart.state.bars) >= 50", 8)
    tab.page.go_back()
    expect(tab.page.locator(".health")).to_be_visible()
    assert tab.complaints == []


def violations(page: Page) -> list[str]:
    """What axe finds, at WCAG 2 AA."""
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
    )
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found.response["violations"]]


@pytest.mark.parametrize("path", ["trade", "health"])
def test_every_control_has_a_name_and_enough_contrast(tab: Tab, market: FilledMarket, path: str) -> None:
    market.tell_state("MSFT", halted=True, status="Halted", since=NOW - 20 * MINUTE)
    market.tell_stream("stocks", gaps=[gap(50, 47, True)], quarantine={"price <= 0": 2})
    tab.get(f"(tickdesk.rail.go('{path}'), tickdesk.tabs.open('dock', 'news'), 1)")
    tab.wait(
        f"tickdesk.view.current.page === '{path}' && tickdesk.gate.silentFor(tickdesk.page.gate, performance.now()) === 0",
        5,
    )
    assert violations(tab.page) == []


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 800)])
def test_nothing_of_health_is_cut_off(tab: Tab, size: tuple[int, int]) -> None:
    tab.get("(tickdesk.rail.go('health'), 1)")
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    assert tab.get("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    for name in ("health-table", "health-gaps", "health-left-out", "health-gates", "health-streams"):
        box = tab.page.locator(f"#{name}").bounding_box()
        assert (
            box and box["width"] > 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1]
        ), name
