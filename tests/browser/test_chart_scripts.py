"""The chart's scripts alone, in Chromium: indicators, profile, the past, lines that are dragged."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from layouts.indicators import indicators

from .markup import html_of
from .scripts import blank_page, js


@pytest.fixture(scope="module")
def menu(browser: Browser) -> Any:
    """The scripts with the menu of the indicators, as the layout makes it."""
    page = blank_page(browser)
    js(page, "document.body.innerHTML = arg", html_of(indicators()))
    yield page
    page.close()


def test_values_replace_those_of_the_same_bars_and_go_on(menu: Page) -> None:
    found = js(
        menu,
        """const { hear, lines, put } = desk.indicators;
        hear({ "sma:20": [100, [null, 1, 2]], "macd:12:26:9": [100, [1, 2], [3, 4], [5, 6]] }, null, true);
        hear({ "sma:20": [102, [2.5, 3]], "macd:12:26:9": [101, [9], [8], [7]] }, null, false);
        const at = (ordinal) => desk.indicators.at("sma:20", ordinal);
        const held = [lines.get("sma:20").lines, lines.get("macd:12:26:9").lines, at(103), at(99)];
        put("sma:20", [110, [1]]);
        return [...held, desk.indicators.held()];""",
    )
    assert found == [[[None, 1, 2.5, 3]], [[1, 9], [3, 8], [5, 7]], [3], [None], ["macd:12:26:9"]]


def test_a_line_holds_six_hundred_values(menu: Page) -> None:
    found = js(
        menu,
        """const { hear, lines } = desk.indicators;
        hear({ "sma:20": [0, Array.from({ length: 600 }, (_, k) => k)] }, null, true);
        for (let n = 600; n < 900; n += 1) hear({ "sma:20": [n - 1, [n - 1, n]] }, null, false);
        return [lines.get("sma:20").first, lines.get("sma:20").lines[0].length, lines.get("sma:20").lines[0].at(-1)];""",
    )
    assert found == [300, 600, 899]


def test_other_bars_bring_all_values_anew(menu: Page) -> None:
    body = """desk.indicators.hear({ "sma:20": [1, [1]] }, null, true); desk.indicators.hear({ "rsi:14": [5, [50]] }, null, true);
    return desk.indicators.held();"""
    assert js(menu, body) == ["rsi:14"]


@pytest.mark.parametrize(
    ("kept", "sane"),
    [
        (None, ["sma:20", "sma:50", "vwap"]),
        ("sma", ["sma:20", "sma:50", "vwap"]),
        ([], []),
        (["sma:9", 7, "magic:1", "sma:9", "vwap"], ["sma:9", "vwap"]),
        (["rsi:14", "macd:12:26:9", "atr:14", "sma:5"], ["rsi:14", "macd:12:26:9", "sma:5"]),
        ([f"sma:{n}" for n in range(10, 30)], [f"sma:{n}" for n in range(10, 18)]),
    ],
)
def test_what_a_browser_kept_is_looked_through(menu: Page, kept: Any, sane: list[str]) -> None:
    assert js(menu, "return desk.indicators.sane(arg);", kept) == sane


@pytest.mark.parametrize(
    ("word", "place", "text", "right"),
    [
        ("sma", 0, "20", True),
        ("sma", 0, " 20 ", True),
        ("sma", 0, "1", False),
        ("sma", 0, "2.5", False),
        ("sma", 0, "1e2", False),
        ("sma", 0, "", False),
        ("bollinger", 1, "2.5", True),
        ("bollinger", 1, "9", False),
        ("rsi", 0, "201", False),
    ],
)
def test_a_parameter_is_checked_as_the_server_does(menu: Page, word: str, place: int, text: str, right: bool) -> None:
    body = "return desk.indicatorMenu.fault(desk.indicators.catalogue().kinds[arg[0]].parameters[arg[1]], arg[2]);"
    assert (js(menu, body, [word, place, text]) == "") is right


def test_panes_share_the_height_with_the_prices(menu: Page) -> None:
    none, two = js(menu, "return [desk.indicatorLines.domains(0), desk.indicatorLines.domains(2)];")
    assert none == {"price": [0, 1], "panes": []}
    [upper, lower] = two["panes"]
    assert two["price"][0] > upper[1] > upper[0] > lower[1] > lower[0] >= 0


def test_the_profile_counts_every_share_once(scripts: Page) -> None:
    found = js(
        scripts,
        """const candles = { x: [1, 2, 3, 4], high: [11, 12, 10, 50], low: [10, 10, 10, 40] };
        const bars = { candles, volume: { y: [100, 200, 50, 999] } };
        return [desk.volumeProfile.profile(bars, [1, 3], 4), desk.volumeProfile.profile(bars, [9, 10], 4)];""",
    )
    profile, nothing = found
    assert nothing is None and profile["low"] == 10 and profile["step"] == 0.5
    assert sum(profile["volumes"]) == pytest.approx(350)
    assert profile["volumes"] == pytest.approx([150, 100, 50, 50])


HELD = {"first": 400, "last": 999, "until": None, "newest": 1000, "begins": False}


@pytest.mark.parametrize(
    ("x", "held", "wanted"),
    [
        ([880, 1010], HELD, "what is held"),
        ([420, 540], HELD, 780),
        ([420, 540], {**HELD, "begins": True}, "what is held"),
        ([200, 320], {**HELD, "first": 100, "last": 699, "until": 699}, "what is held"),
        ([580, 700], {**HELD, "first": 100, "last": 699, "until": 699}, 940),
        ([880, 1000], {**HELD, "first": 341, "last": 940, "until": 940}, None),
        ([110, 230], {**HELD, "first": 100, "last": 699, "until": 699}, 470),
    ],
)
def test_who_pans_near_to_the_end_gets_the_bars_around(
    scripts: Page, x: list[int], held: dict[str, Any], wanted: Any
) -> None:
    found = js(
        scripts, "const it = desk.chartPast.wanted(...arg); return it === undefined ? 'what is held' : it;", [x, held]
    )
    assert found == wanted


def test_a_dragged_line_sends_its_own_field_rounded_to_the_tick(scripts: Page) -> None:
    found = js(
        scripts,
        """const { change } = desk.orderDrag, of = (more) => ({ id: "a", symbol: "AAPL", limit: null, stop: null, ...more });
        return [change(of({ limit: 100 }), 99.5), change(of({ stop: 90 }), 91), change(of({ limit: 1, stop: 2 }), 0.5)];""",
    )
    assert found == [
        {"id": "a", "limit_price": "99.50"},
        {"id": "a", "stop_price": "91.00"},
        {"id": "a", "limit_price": "0.5000"},
    ]


@pytest.mark.parametrize(("price", "side"), [(99, "buy"), (100.5, "sell"), (100, "buy")])
def test_a_clicked_price_rests(scripts: Page, price: float, side: str) -> None:
    assert js(scripts, "return desk.chartTicket.sideAt(arg, { bid: 99.9, ask: 100.1, price: 100 });", price) == side


def test_a_session_breaks_at_the_days_first_bar(scripts: Page) -> None:
    found = js(
        scripts,
        """const first = Date.UTC(2026, 10, 20, 4, 30), customdata = Array.from({ length: 60 }, (_, k) => first + k * 60000);
        return desk.sessionBreaks.breaks({ x: customdata.map((_, k) => 200 + k), customdata }, [0, 900]);""",
    )
    assert found == [230]


def test_the_prices_have_air_for_the_legend(scripts: Page) -> None:
    found = js(
        scripts,
        """const air = desk.axisRange.airFor(50, 250), [, top] = desk.axisRange.fitted([0, 1], [100, 110], air);
        return [desk.axisRange.airFor(0, 500), (top - 110) / (top - (100 - 2))];""",
    )
    assert found[0] == 0.16 and found[1] >= 50 / 250
