"""What the worker says of itself: its streams, the main one among them, and the market's clock."""

from __future__ import annotations

import time

import numpy as np
import pytest

from broker.account import ServerClock
from domain.feed import Feed
from domain.status import Budget, DeskStatus, LoadStatus, StreamState
from domain.symbol_state import SymbolState
from stream_worker.desk_state import DeskState
from stream_worker.feed_state import FeedState
from stream_worker.market import Market
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, bars, trade

CLOCK = ServerClock(NOON, True, NOON + MINUTE, NOON + 2 * MINUTE)


@pytest.fixture
def market() -> Market:
    return Market(("AAPL", "BTC/USD"))


def told(state: DeskState, market: Market, dropped: int = 0) -> DeskStatus:
    streams = {feed: each.status([]) for feed, each in state.feeds.items()}
    return state.status(market, streams, Budget(2, 30), LoadStatus(5.0), dropped, 0, {"AAPL": SymbolState(halted=True)})


def streaming(*feeds: Feed) -> DeskState:
    state = DeskState("sim")
    state.feeds = {feed: FeedState(feed) for feed in feeds}
    return state


def test_a_desk_that_has_just_begun_knows_nothing(market: Market) -> None:
    status = told(DeskState("paper"), market)
    assert (status.mode, status.stream.state, status.backfilled) == ("paper", StreamState.CONNECTING, False)
    assert status.stream.last_msg_age_s is None and status.stream.lag_ms is None and status.market.now == 0
    assert status.streams == {}


def test_a_desk_that_waits_for_something_else_says_so_until_it_streams(market: Market) -> None:
    state = DeskState("sim")
    state.waits("The trading server did not answer.")
    assert told(state, market).stream.why == "The trading server did not answer."
    state.feeds[Feed.NEWS] = FeedState(Feed.NEWS)
    assert told(state, market).stream.why == ""


@pytest.mark.parametrize(
    ("feeds", "main"),
    [
        ((Feed.NEWS, Feed.OPTIONS, Feed.CRYPTO, Feed.STOCKS), "stocks"),
        ((Feed.NEWS, Feed.OPTIONS, Feed.CRYPTO), "crypto"),
        ((Feed.NEWS, Feed.OPTIONS), "options"),
        ((Feed.NEWS,), "news"),
    ],
)
def test_the_desk_is_as_live_as_the_first_of_its_streams(feeds: tuple[Feed, ...], main: str, market: Market) -> None:
    state = streaming(*feeds)
    state.feeds[Feed(main)].becomes(StreamState.LIVE, "this one")
    state.feeds[Feed(main)].filled(NOON, 1, None)
    status = told(state, market)
    assert (status.stream.feed, status.stream.why, status.backfilled) == (main, "this one", True)
    assert set(status.streams) == {feed.value for feed in feeds}
    assert status.streams[main] == status.stream


def test_the_main_stream_alone_says_whether_history_was_read(market: Market) -> None:
    state = streaming(Feed.STOCKS, Feed.CRYPTO)
    state.feeds[Feed.CRYPTO].filled(NOON, 1, None)
    assert not told(state, market).backfilled


def test_what_is_counted_over_all_streams_is_told_of_the_main_one(market: Market) -> None:
    state = streaming(Feed.STOCKS, Feed.CRYPTO)
    market.add(Feed.STOCKS, trade(NOON, 10.0), 1, 0.0)
    market.add(Feed.STOCKS, trade(NOON + 2 * MINUTE, 10.0), 1, 0.0)
    market.add_minutes([0], bars(bar(NOON, 99.0)))
    market.add(Feed.STOCKS, trade(NOON + MINUTE, 11.0), 1, 0.0)
    status = told(state, market, dropped=9)
    assert (status.stream.bar_mismatches, status.stream.late, status.stream.dropped) == (1, 1, 9)
    assert status.streams["crypto"].bar_mismatches == status.streams["crypto"].dropped == 0


def test_budget_load_and_states_of_symbols_are_told(market: Market) -> None:
    status = told(streaming(Feed.STOCKS), market)
    assert (status.budget, status.load.flush_ms) == (Budget(2, 30), 5.0)
    assert status.symbol_states == {"AAPL": SymbolState(halted=True)}


def test_the_end_is_told_of_every_stream_and_stays_when_there_are_none(market: Market) -> None:
    state = streaming(Feed.STOCKS, Feed.NEWS)
    state.ends(StreamState.REFUSED, "Alpaca refused the keys (402).")
    assert {stream.state for stream in told(state, market).streams.values()} == {StreamState.REFUSED}
    state.feeds.clear()
    assert told(state, market).stream.why == "Alpaca refused the keys (402)."


def test_coins_trade_always_the_rest_while_the_market_is_open(market: Market) -> None:
    state = DeskState("sim")
    assert [feed for feed in Feed if state.is_open(feed)] == [Feed.CRYPTO]
    state.saw_clock(market, CLOCK, time.monotonic())
    assert all(state.is_open(feed) for feed in Feed)


def test_the_servers_clock_is_told_and_goes_on(market: Market) -> None:
    state = DeskState("sim")
    state.saw_clock(market, CLOCK, time.monotonic() - 10)
    now = told(state, market).market
    assert (now.is_open, now.next_open, now.next_close) == (True, NOON + MINUTE, NOON + 2 * MINUTE)
    assert NOON + 10 * NS <= now.now < NOON + 12 * NS


def test_the_lag_is_the_market_time_since_the_newest_event_of_the_feed(market: Market) -> None:
    state = streaming(Feed.STOCKS, Feed.CRYPTO)
    state.saw_clock(market, CLOCK, time.monotonic())
    coin = trade(NOON - 1 * NS, 10.0, symbol=1)
    market.add(Feed.STOCKS, trade(NOON - 3 * NS, 10.0), 1, time.monotonic())
    market.add(Feed.CRYPTO, coin, 1, time.monotonic())
    stocks, crypto = (told(state, market).streams[name].lag_ms for name in ("stocks", "crypto"))
    assert stocks is not None and 3_000 <= stocks < 5_000
    assert crypto is not None and 1_000 <= crypto < 2_900


def test_the_status_is_plain_types(market: Market) -> None:
    plain = told(streaming(Feed.STOCKS, Feed.NEWS), market).to_json()
    assert plain["streams"]["news"]["feed"] == "news" and not isinstance(plain["stream"]["dropped"], np.generic)


def test_the_clocks_age_is_elapsed_time_since_its_last_answer(market: Market) -> None:
    state = streaming(Feed.STOCKS)
    state.saw_clock(market, CLOCK, time.monotonic())
    assert told(state, market).market.clock_age_s < 1
    state._since_clock._wall -= 200.0
    assert told(state, market).market.clock_age_s >= 200
    state.saw_clock(market, CLOCK, time.monotonic())
    assert told(state, market).market.clock_age_s < 1
