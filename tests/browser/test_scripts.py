"""The page's scripts alone, in Chromium, without a desk."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from .scripts import js

NBSP = "\u00a0"


NUMBERS = [
    ("price(221.08)", "221.08"),
    ("price(0.5)", "0.5000"),
    ("price(0)", "–"),
    ("price(null)", "–"),
    ("price(0.01234)", "0.0123"),
    ("price(67123.451, 'BTC/USD')", "67123.45"),
    ("price(142.355, 'SOL/USD')", "142.3550"),
    ("price(0.12345, 'DOGE/USD')", "0.12345"),
    ("price(0.000012345, 'SHIB/USD')", "0.000012345"),
    ("mid(221.065)", "221.065"),
    ("spread(0.07)", "0.07"),
    ("spread(0.0051)", "0.0051"),
    ("spread(null)", "–"),
    ("spread(0.0000012)", "0.00000120"),
    ("spread(0.1 + 0.2)", "0.30"),
    ("size(1040)", "1,040"),
    ("size(0.001234)", "0.001234"),
    ("milliseconds(9.84)", f"9.8{NBSP}ms"),
    ("milliseconds(1040.4)", f"1,040{NBSP}ms"),
    ("span(42000)", "0:42"),
    ("span(12240000)", f"3{NBSP}h{NBSP}24{NBSP}min"),
    ("signed(-2.47)", "−2.47"),
    ("signed(62)", "+62.00"),
    ("signed(-0.001)", "0.00"),
    ("percent(-0.011)", f"−1.10{NBSP}%"),
    ("percent(0)", f"0.00{NBSP}%"),
    ("percent(null)", "–"),
    ("basisPoints(0.07, 221.065)", f"3.2{NBSP}bp"),
    ("age(300)", f"0.3{NBSP}s"),
    ("age(9960)", f"10{NBSP}s"),
    ("age(24400)", f"24{NBSP}s"),
    ("age(59700)", f"1{NBSP}min"),
    ("age(180000)", f"3{NBSP}min"),
    ("age(7200000)", f"2{NBSP}h"),
    ("age(null)", "–"),
    ("left(42000)", "0:42"),
    ("left(802000)", "13:22"),
    ("left(18780000)", f"5{NBSP}h{NBSP}13{NBSP}min"),
    ("left(-5)", "0:00"),
]


@pytest.mark.parametrize(("call", "text"), NUMBERS, ids=[call for call, _ in NUMBERS])
def test_numbers(scripts: Page, call: str, text: str) -> None:
    assert js(scripts, f"return desk.number.{call};") == text


def test_the_gate_waits_for_its_answer_or_three_seconds(scripts: Page) -> None:
    found = js(
        scripts,
        """const gate = desk.gate.create(), view = { symbol: "AAPL", interval: "1Min" };
        const asked = [0, 500, 2999, 3000].map((now) => desk.gate.ask(gate, view, now)?.n ?? null);
        const late = desk.gate.isAwaited(gate, { n: 1 }), right = desk.gate.isAwaited(gate, { n: 2 });
        const silent = desk.gate.silentFor(gate, 3500);
        desk.gate.applied(gate, { seq: 7 });
        return [asked, late, right, silent, desk.gate.silentFor(gate, 9000), desk.gate.ask(gate, view, 3600).cursor];""",
    )
    assert found == [[1, None, None, 2], False, True, 3500, 0, {"seq": 7}]


def test_the_gate_asks_at_once_for_another_view(scripts: Page) -> None:
    found = js(
        scripts,
        """const gate = desk.gate.create();
        desk.gate.ask(gate, { symbol: "AAPL", interval: "1Min" }, 0);
        const next = desk.gate.ask(gate, { symbol: "MSFT", interval: "1Min" }, 10);
        return [next.n, desk.gate.isAwaited(gate, { n: 1 })];""",
    )
    assert found == [2, False]


BARS = """const bars = desk.bars.create(), row = (n, close = 10) => [n, n * 60000, 9, 12, 8, close, 100, 5];
desk.bars.load(bars, [1, 2, 3].map((n) => row(n)));"""


def test_bars_are_replaced_and_appended_in_the_same_lists(scripts: Page) -> None:
    found = js(
        scripts,
        BARS
        + """const before = bars.candles.close, joined = [row(3, 11), row(4, 7), row(2, 8)].map((r) => desk.bars.put(bars, r));
        desk.bars.recolor(bars, "up", "down");
        return [joined, bars.candles.close, bars.candles.close === before, bars.candles.x, bars.volume.color];""",
    )
    assert found == [[True] * 3, [10, 8, 11, 7], True, [1, 2, 3, 4], ["up", "down", "up", "down"]]


def test_a_bar_that_does_not_follow_asks_for_a_window(scripts: Page) -> None:
    found = js(scripts, BARS + "return [desk.bars.put(bars, row(5)), desk.bars.put(bars, row(0)), bars.candles.x];")
    assert found == [False, False, [1, 2, 3]]


def test_at_most_six_hundred_bars_are_held(scripts: Page) -> None:
    body = BARS + "for (let n = 4; n < 1000; n += 1) desk.bars.put(bars, row(n));"
    assert js(scripts, body + "return [bars.candles.x.length, bars.candles.x[0], bars.volume.y.length];") == [
        600,
        400,
        600,
    ]


def test_bars_move_into_plotlys_lists(scripts: Page) -> None:
    found = js(
        scripts,
        BARS
        + """const candles = { x: [99], open: [], high: [], low: [], close: [], customdata: [] };
        const volume = { x: [], y: [], marker: { color: [] } }, list = candles.close;
        desk.bars.moveInto(bars, candles, volume);
        desk.bars.put(bars, row(4, 13));
        return [list, candles.x, volume.y.length, desk.bars.extent(bars, 2, 4), desk.bars.extent(bars, 50, 60)];""",
    )
    assert found == [[10, 10, 10, 13], [1, 2, 3, 4], 4, [8, 12, 100], None]


def test_the_view_follows_and_the_axis_does_not_tremble(scripts: Page) -> None:
    found = js(
        scripts,
        """const y = desk.axisRange.fitted([0, 1], [100, 101]);
        const same = desk.axisRange.fitted(y, [100.01, 101.01]) === y, other = desk.axisRange.fitted(y, [100, 102]) === y;
        return [desk.axisRange.following(700, 600), same, other, desk.axisRange.wheel([0, 100], 50, -5, 600)];""",
    )
    following, same, other, wheel = found
    assert following == [580.5, 712.5] and same and not other
    assert wheel == [44, 56]


def test_axis_labels_are_in_new_york_and_a_new_day_has_its_date(scripts: Page) -> None:
    found = js(
        scripts,
        """const first = Date.UTC(2026, 10, 20, 4, 30), starts = Array.from({ length: 60 }, (_, k) => first + k * 60000);
        const { vals, texts } = desk.axisLabels.labels(starts.map((_, k) => 200 + k), starts, "1Min", [200, 260], 8);
        return [vals.slice(0, 5), texts.slice(0, 5)];""",
    )
    assert found == [[210, 220, 230, 240, 250], ["23:40", "23:50", "20 Nov", "00:10", "00:20"]]


def test_axis_labels_have_seconds_on_the_shortest_bars(scripts: Page) -> None:
    texts = js(
        scripts,
        """const first = Date.UTC(2026, 6, 1, 13, 30), starts = Array.from({ length: 120 }, (_, k) => first + k * 1000);
        return desk.axisLabels.labels(starts.map((_, k) => k), starts, "1s", [0, 120], 5).texts.slice(0, 3);""",
    )
    assert texts == ["09:30:30", "09:31:00", "09:31:30"]


def test_the_markets_clock_takes_the_best_estimate_and_follows_a_jump(scripts: Page) -> None:
    found = js(
        scripts,
        """const hear = (held, now_ms, at, rate = 1) => desk.clock.better(held, { now_ms, rate }, at);
        const late = hear(null, 1000, 500), better = hear(late, 1600, 600), worse = hear(better, 1700, 900);
        const jumps = [hear(worse, 90000, 1000), hear(worse, 1000, 1000), hear(worse, 3000, 1000, 2)];
        return [late, better, worse, ...jumps].map((clock) => clock.zero);""",
    )
    assert found == [500, 1000, 1000, 89000, 1000, 1000]


@pytest.mark.parametrize(
    ("status", "heard", "silent", "state", "believable", "age"),
    [
        ({"state": "live", "age_ms": 200, "why": ""}, 300, 0, "live", True, 500),
        ({"state": "live", "age_ms": 200, "why": ""}, 4000, 4000, "down", False, 4200),
        ({"state": "quiet", "age_ms": 9e6, "why": ""}, 0, 0, "quiet", True, 9e6),
        ({"state": "stale", "age_ms": 21000, "why": ""}, 100, 0, "stale", False, 21100),
        ({"state": "down", "age_ms": None, "why": "x"}, 100, 0, "down", False, None),
        (None, 100, 0, "connecting", False, None),
    ],
)
def test_what_may_be_believed(
    scripts: Page, status: Any, heard: float, silent: float, state: str, believable: bool, age: float | None
) -> None:
    found = js(scripts, "return desk.freshness.judge(arg[0], arg[1], arg[2]);", [status, heard, silent])
    assert (found["state"], found["believable"], found["ageMs"]) == (state, believable, age)


@pytest.mark.parametrize("state", ["connecting", "stale", "reconnecting", "refused", "down", "gone"])
def test_a_banner_says_what_happened_what_it_means_and_what_to_do(scripts: Page, state: str) -> None:
    words = js(
        scripts, "return desk.freshness.words({ state: arg, gone: arg === 'gone', ageMs: 27000, why: '' });", state
    )
    assert len(words) == 3 and all(text.endswith(".") for text in words)


def test_the_search_puts_the_beginning_first(scripts: Page) -> None:
    found = js(scripts, "return desk.symbolSearch.matches(['AMZN', 'MSFT', 'META', 'AAPL'], ' m');")
    assert found == ["MSFT", "META", "AMZN"]


def test_ten_minutes_of_spread_one_value_a_second(scripts: Page) -> None:
    found = js(scripts, "return desk.spreadChart.join([[1000, 1], [2000, 2]], [[2500, 3], [601500, 4]]);")
    assert found == [[2500, 3], [601500, 4]]


def test_a_minute_without_a_quote_is_not_drawn_as_a_spread(scripts: Page) -> None:
    found = js(scripts, "return desk.spreadChart.runs([[0, 1], [50000, 2], [120000, 3], [121000, 4]]);")
    assert found == [[[0, 1], [50000, 2]], [[120000, 3], [121000, 4]]]
    assert js(scripts, "return desk.spreadChart.runs([]);") == []


NOW = {"bid": 99.9, "ask": 100.0, "last": 99.95, "held": 0, "working": 0, "power": 50_000}
PREVIEWS: list[tuple[dict[str, Any], dict[str, Any], Any]] = [
    ({}, {}, {"cost": 1000, "power": 49_000, "after": 10, "worst": 10}),
    ({}, {"working": 5}, {"cost": 1000, "power": 49_000, "after": 10, "worst": 15}),
    ({"side": "sell"}, {"held": 4}, {"cost": 999, "power": 50_000 - 2 * 99.9, "after": -6, "worst": -6}),
    ({"side": "sell"}, {"held": 10}, {"cost": 999, "power": 50_999, "after": 0, "worst": 0}),
    ({"type": "limit", "limit": 90}, {"power": None}, {"cost": 900, "power": None, "after": 10, "worst": 10}),
    ({"qty": -1}, {}, None),
    ({"type": "limit", "limit": None}, {}, None),
]


@pytest.mark.parametrize(("form", "now", "sum_"), PREVIEWS, ids=range(len(PREVIEWS)))
def test_the_preview_reckons_with_what_is_held_and_what_works(
    scripts: Page, form: dict[str, Any], now: dict[str, Any], sum_: Any
) -> None:
    whole = {"side": "buy", "type": "market", "qty": 10, "limit": None, **form}
    assert js(scripts, "return desk.preview.of(...arg)", [whole, {**NOW, **now}]) == pytest.approx(sum_)


GOOD = {"state": "live", "ageMs": 300, "believable": True, "gone": False, "why": ""}
OPEN = {"lock": ["", "", False], "isOpen": True}
LOCKS: list[tuple[dict[str, Any], dict[str, Any], str | None]] = [
    ({}, {}, None),
    ({}, {"lock": ["by KILL_SWITCH", "", False]}, "kill"),
    ({}, {"lock": ["", "2 orders differ.", False]}, "reconcile"),
    ({}, {"lock": ["", "", True]}, "blocked"),
    ({}, {"lock": None}, "waiting"),
    ({}, {"isOpen": False}, "closed"),
    ({"believable": False, "gone": True}, {}, "stale"),
    ({"believable": False, "state": "refused"}, {"lock": ["by KILL_SWITCH", "", False]}, "stale"),
]


@pytest.mark.parametrize(("verdict", "held", "kind"), LOCKS, ids=range(len(LOCKS)))
def test_new_orders_are_locked_with_a_reason(
    scripts: Page, verdict: dict[str, Any], held: dict[str, Any], kind: str | None
) -> None:
    js(scripts, "document.body.innerHTML = '<div class=app data-stale-after-ms=20000></div>'")
    found = js(scripts, "return desk.lock.judge(...arg)", [{**GOOD, **verdict}, {**OPEN, **held}])
    assert (found and found[0]) == kind and (found is None or len(found[1]) > 15)


def test_stale_says_how_old_and_how_long_is_allowed(scripts: Page) -> None:
    js(scripts, "document.body.innerHTML = '<div class=app data-stale-after-ms=20000></div>'")
    stale = {**GOOD, "believable": False, "state": "stale", "ageMs": 27_000}
    found = js(scripts, "return desk.lock.judge(...arg)", [stale, OPEN])[1]
    assert f"27{NBSP}s old" in found and f"limit is 20{NBSP}s" in found


ORDER = ["td-1", "AMZN", "buy", "limit", 500, 0, 26.74, "day", "new", None, "", 0]
TOLD = [
    ({}, "Working: buy 500 AMZN at 26.74."),
    ({5: 200, 8: "partially_filled", 9: 26.735}, "Partial: buy 500 AMZN at 26.74. Bought 200 of 500 AMZN at 26.7350."),
    ({5: 500, 8: "filled", 9: 26.74}, "Bought 500 AMZN at 26.74."),
    ({8: "denied", 10: "Order value 26,400 is over 25,000."}, "Denied: Order value 26,400 is over 25,000."),
    ({8: "canceled", 6: None, 3: "market"}, "Canceled: buy 500 AMZN at market."),
]


@pytest.mark.parametrize(("change", "words"), TOLD, ids=range(len(TOLD)))
def test_an_order_is_told_in_a_sentence(scripts: Page, change: dict[int, Any], words: str) -> None:
    row = [change.get(place, value) for place, value in enumerate(ORDER)]
    assert js(scripts, "return desk.order.words(desk.order.of(arg))", row) == words


def test_a_fill_lies_in_the_bar_in_which_it_happened(scripts: Page) -> None:
    candles = {"x": [7, 8, 9], "customdata": [1000, 2000, 3000]}
    body = "return arg[1].map((at) => desk.fillMarks.ordinal(arg[0], at))"
    assert js(scripts, body, [candles, [999, 1000, 1999, 2000, 9000]]) == [None, 7, 7, 8, 9]


def test_what_is_asked_twice_is_sent_once(scripts: Page) -> None:
    body = """
      const sent = [], done = [];
      window.dash_clientside.set_props = (id, props) => sent.push([id, props.data]);
      desk.burst.start = () => {};
      const first = desk.action.send("ticket", { ticket: 1 }, (answer) => done.push(answer));
      const second = desk.action.send("ticket", { ticket: 1 }, (answer) => done.push(answer));
      desk.action.hear("ticket", { n: -1 });
      desk.action.hear("ticket", { n: sent[0][1].n, order: [] });
      desk.action.hear("ticket", { n: sent[0][1].n, order: [] });
      return [first, second, sent.length, done.length, desk.action.nonce().length];"""
    assert js(scripts, body) == [True, False, 1, 1, 32]


FEEDS = [
    ("AAPL", "stocks"),
    ("BRK.B", "stocks"),
    ("BTC/USD", "crypto"),
    ("AAPL261218C00200000", "options"),
    (None, "stocks"),
]


@pytest.mark.parametrize(("symbol", "feed"), FEEDS)
def test_a_symbol_says_by_which_stream_it_comes(scripts: Page, symbol: str | None, feed: str) -> None:
    assert js(scripts, "return desk.connection.feedOf(arg)", symbol) == feed


LINKS = [
    ("https://example.com/a", "https://example.com/a"),
    ("http://example.com", "http://example.com/"),
    ("javascript:alert(1)", None),
    (" JaVaScRiPt:alert(1)", None),
    ("data:text/html,<script>alert(1)</script>", None),
    ("//example.com", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("url", "href"), LINKS)
def test_a_link_opens_only_what_begins_with_http(scripts: Page, url: str | None, href: str | None) -> None:
    assert js(scripts, "return desk.news.link(arg)", url) == href


GAPS = [
    ([0, None, 0, None], ["Gap 2:02", "nothing came yet"]),
    ([0, 122_000, 0, None], ["Gap 2:02", "not filled yet"]),
    ([0, 122_000, 1, True], ["Gap 2:02", "filled from history"]),
    ([0, 122_000, 1, None], ["Gap 2:02", "filled from history"]),
    ([0, 122_000, 1, False], ["Gap 2:02", "filled, but bars differ"]),
]


@pytest.mark.parametrize(("gap", "words"), GAPS, ids=range(len(GAPS)))
def test_a_gap_says_how_long_it_was_and_what_filled_it(scripts: Page, gap: Any, words: list[str]) -> None:
    assert js(scripts, "return desk.gapBands.words(arg, 122000)", gap) == words


def test_a_moment_lies_within_its_bar_and_never_in_the_time_without_bars(scripts: Page) -> None:
    candles = {"x": [7, 8, 9], "customdata": [0, 60_000, 600_000]}
    body = "return arg[1].map((ms) => desk.chartTime.ordinal(arg[0], ms, 60000))"
    assert js(scripts, body, [candles, [-1, 0, 30_000, 90_000, 300_000, 630_000]]) == [None, 6.5, 7, 8, 8.5, 9]


BUDGETS = [
    ([[12, None]], {"text": "12 symbols", "why": "", "near": False}),
    ([[12, 30]], {"text": "12 of 30 symbols", "why": "", "near": False}),
    ([[12, 30], 15], {"text": "12 of 30 stock symbols", "why": "", "near": False}),
    ([[27, 30]], {"text": "27 of 30 symbols", "why": "", "near": True}),
    ([[30, 30]], {"text": "30 of 30 symbols", "why": "Full: remove one to add another.", "near": True}),
]


@pytest.mark.parametrize(("budget", "said"), BUDGETS, ids=range(len(BUDGETS)))
def test_the_foot_says_how_many_symbols_there_may_be(scripts: Page, budget: Any, said: Any) -> None:
    assert js(scripts, "return desk.watchFoot.words(...arg)", budget) == said


def test_the_ladder_has_asks_above_bids_and_a_row_between(scripts: Page) -> None:
    found = js(
        scripts,
        "return desk.ladder.levels([[99, 1], [98, 2]], [[101, 3], [102, 4]]).map((row) => [row.side, row.price, row.best])",
    )
    assert len(found) == 23 and found[9:14] == [
        ["ask", 102, False],
        ["ask", 101, True],
        ["mid", None, None],
        ["bid", 99, True],
        ["bid", 98, False],
    ]


def test_percentiles_are_values_that_were_measured(scripts: Page) -> None:
    body = "const all = Array.from({ length: 100 }, (_, k) => k + 1);"
    assert js(scripts, body + "return [0.5, 0.95, 0.99].map((part) => desk.latency.percentile(all, part))") == [
        50,
        95,
        99,
    ]
