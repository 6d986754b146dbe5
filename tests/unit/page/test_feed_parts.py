"""What the page is told of streams, gaps, single symbols, news and depth: once, and again only when it changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from callbacks.ask import parse_marks
from callbacks.connection import connection_part, stream_rows
from callbacks.delta import build_delta
from callbacks.indicators import IndicatorDesk
from callbacks.ladder import depth_part
from callbacks.news import news_part
from callbacks.watchlist import remove
from domain.depth import Depth
from domain.news import NewsItem
from domain.status import Budget, DeskStatus, StreamState, StreamStatus
from domain.symbol_state import SymbolState
from domain.tick import Flag
from market_cache import document
from market_cache.reader import MarketReader
from market_cache.writer import NO_BARS, NO_TICKS

from .conftest import START, Access, Market
from .test_delta import NO_TRADING, after, ask, first

LIVE = StreamStatus(state=StreamState.LIVE, last_msg_age_s=0.25)
GAP = {"from": "2026-10-21T14:01:28+00:00", "to": "2026-10-21T14:03:30+00:00", "filled": True, "verified": None}
GAP_MS = [datetime(2026, 10, 21, 14, m, s, tzinfo=UTC).timestamp() * 1000 for m, s in ((1, 28), (3, 30))]


def status(**change: Any) -> DeskStatus:
    streams = {"stocks": replace(LIVE, gaps=[GAP]), "crypto": replace(LIVE, not_streaming=["BTC/USD"], why="406")}
    return replace(DeskStatus(stream=LIVE, streams=streams, budget=Budget(12, 30)), **change)


def test_every_stream_has_a_row_and_the_orders_are_last() -> None:
    rows = stream_rows(status())
    assert [row[0] for row in rows] == ["stocks", "crypto", "orders"] and rows[0] == ["stocks", "live", 250, None]
    assert [row[0] for row in stream_rows(DeskStatus())] == ["stocks", "orders"]


def test_the_gaps_are_those_of_the_symbols_own_stream() -> None:
    part = connection_part(status(), "AAPL", "")
    assert part and part["gaps"] == [[*GAP_MS, 1, None]]
    other = connection_part(status(), "BTC/USD", "")
    assert other and other["gaps"] == []


def test_an_open_gap_has_no_end() -> None:
    streams = {"stocks": replace(LIVE, gaps=[{**GAP, "to": None, "filled": False}])}
    part = connection_part(status(streams=streams), "AAPL", "")
    assert part and part["gaps"] == [[GAP_MS[0], None, 0, None]]


def test_what_is_held_already_is_not_sent_again() -> None:
    part = connection_part(status(), "AAPL", "")
    assert part and connection_part(status(), "AAPL", part["mark"]) is None
    assert connection_part(status(budget=Budget(13, 30)), "AAPL", part["mark"]) is not None


def test_only_symbols_with_something_to_say_and_the_limits_of_the_one_that_is_shown() -> None:
    halted = SymbolState(halted=True, status="Halted", reason="News pending", since=5_000_000)
    states = {"MSFT": halted, "AAPL": SymbolState(limit_up=110.0, limit_down=90.0), "SPY": SymbolState(silent=True)}
    part = connection_part(status(symbol_states=states), "AAPL", "")
    assert part and part["states"] == [["MSFT", 1, "News pending", 5, 0], ["SPY", 0, "", 0, 1]]
    assert (
        part["limits"] == [110.0, 90.0]
        and part["missing"] == {"crypto": ["BTC/USD"]}
        and part["why"] == {"crypto": "406"}
    )


def item(number: int, at_ms: int, **change: Any) -> NewsItem:
    at = START + at_ms * 1_000_000
    return replace(NewsItem(number, f"Headline {number}", "", "", "Wire", "", ("AAPL",), at, at), **change)


def tell(market: Market, *items: NewsItem) -> None:
    market.writer.publish(NO_TICKS, NO_BARS, None, 0, {"news": document.pack_news(items)})


def test_news_come_once_and_again_when_something_is_new_among_them(market: Market, reader: MarketReader) -> None:
    tell(market, item(1, 10), item(2, 20))
    begun = first(reader)["news"]
    assert [row[0] for row in begun["items"]] == [2, 1]
    assert news_part(reader, begun["mark"]) is None
    tell(market, item(1, 10), item(2, 20), item(3, 0))  # told late, of long ago
    reader.catch_up(force=True)
    fresh = news_part(reader, begun["mark"])
    assert fresh and [row[0] for row in fresh["items"]] == [2, 1, 3]


def test_long_texts_of_strangers_are_cut(market: Market, reader: MarketReader) -> None:
    tell(market, item(1, 0, headline="x" * 5000, summary="y" * 5000))
    reader.catch_up(force=True)
    part = news_part(reader, -1)
    assert part and len(json.dumps(part)) < 900


def test_depth_comes_for_the_coin_that_is_shown_and_only_when_it_changed(market: Market, reader: MarketReader) -> None:
    depth = Depth("BTC/USD", START, tuple((100.0 - k, 1.0) for k in range(30)), ((101.0, 0.00012345),))
    market.writer.publish(NO_TICKS, NO_BARS, None, 0, {"depth:BTC/USD": document.pack_depth(depth)})
    reader.catch_up(force=True)
    part = depth_part(reader, "BTC/USD", -1)
    assert part and len(part["bids"]) == 11 and part["bids"][0] == [100.0, 1] and part["asks"] == [[101.0, 0.00012345]]
    assert depth_part(reader, "BTC/USD", part["mark"]) is None and depth_part(reader, "AAPL", -1) is None


def test_an_outlier_is_marked(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    market.trade(50.0, flags=Flag.OUTLIER | Flag.AT_BID)
    assert after(reader, cursor)["tape"] == [[START // 1_000_000, 50.0, 100, -1, 1]]


MARKS: list[Any] = [
    None,
    [],
    "x",
    {"connection": 5, "news": [1], "depth": -1},
    {"news": ["a", 2], "depth": True},
    {"news": {}},
]


@pytest.mark.parametrize("posted", MARKS, ids=range(len(MARKS)))
def test_marks_that_make_no_sense_hold_nothing(posted: Any) -> None:
    assert parse_marks(posted) == parse_marks({})


class Health:
    """A desk whose journal answers."""

    def part(self, status: object, held: object) -> dict[str, Any]:
        return {}

    def journal_answers(self) -> bool:
        return True

    def limits(self, status: object, symbol: str) -> dict[str, Any]:
        return {}


HEALTH: Any = Health()


def test_the_health_page_is_told_of_health_and_nothing_of_the_market(market: Market, reader: MarketReader) -> None:
    cursor = first(reader)["cursor"]
    crypto = replace(LIVE, quarantine={"price <= 0": 2}, quarantined=2, gaps=[{**GAP, "symbols": 3, "verified": True}])
    market.status = replace(market.status, streams={"stocks": LIVE, "crypto": crypto})
    market.beat()
    market.trade(101.0)
    reader.catch_up(force=True)
    delta = build_delta(reader, ask(cursor, page="health"), "sim", HEALTH, IndicatorDesk())
    assert delta["cursor"] == cursor and delta["window"] is None and "bars" not in delta and "watch" not in delta
    assert delta["health"]["streams"]["crypto"] == {"counts": {"quarantined": 2}, "causes": {"price <= 0": 2}}
    assert delta["health"]["gaps"] == [["crypto", *GAP_MS, 1, True, 3]] and delta["health"]["journal"] == 1
    assert delta["build_ms"] > 0 and len(json.dumps(delta)) < 1500
    assert after(reader, cursor)["tape"]  # what came meanwhile is not lost


def test_a_page_that_opens_on_health_has_no_cursor(market: Market, reader: MarketReader) -> None:
    assert build_delta(reader, ask(page="health"), "sim", HEALTH, IndicatorDesk())["cursor"] is None
    assert "bars" in build_delta(reader, ask(page="nonsense"), "sim", NO_TRADING, IndicatorDesk())


def test_a_symbol_that_another_page_holds_stays(access: Access) -> None:
    with access.journal.writing() as rows:
        rows.wish("TSLA", "mine", wanted=True)
        rows.wish("TSLA", "other", wanted=True)
    answer = remove(access, {"symbol": "tsla"}, "mine")
    assert answer == {"symbol": "TSLA", "kept": "another page shows it"}
    assert access.journal.wished_symbols() == ["TSLA"]


@pytest.mark.parametrize("symbol", [None, "", [], "X" * 30])
def test_what_is_no_symbol_is_a_problem(access: Access, symbol: Any) -> None:
    assert remove(access, {"symbol": symbol}, "mine")["problem"]
