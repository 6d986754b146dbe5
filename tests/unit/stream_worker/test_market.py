"""The market in memory: what ticks, minutes, time and history make of it."""

from __future__ import annotations

import numpy as np
import pytest

from domain.bar import Bars
from domain.feed import Feed
from domain.interval import INTERVALS
from domain.tick import Flag, Records
from stream_worker.market import Market
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, bars, quote, trade

BOTH = ("AAPL", "MSFT")


@pytest.fixture
def market() -> Market:
    market = Market(("AAPL", "MSFT"))
    market.clock.look(NOON, 0.0)
    return market


def add(market: Market, *ticks: Records, ts_recv: int = 5) -> Records:
    return market.add(Feed.STOCKS, np.concatenate(ticks), ts_recv, 0.0)


def closed(market: Market, interval: str = "1Min") -> Bars:
    return market.book.series(0, interval).bars


def test_ticks_make_the_latest_of_their_symbol(market: Market) -> None:
    add(market, quote(NOON, 9.0, 11.0), trade(NOON + 1, 10.0, 300), ts_recv=77)
    latest = market.latest[0]
    assert (latest["bid_price"], latest["ask_price"], latest["quote_ts_event"]) == (9.0, 11.0, NOON)
    assert (latest["price"], latest["size"], latest["trade_ts_event"], latest["ts_recv"]) == (10.0, 300, NOON + 1, 77)
    assert not market.latest["ts_recv"][1] and not market.latest["price"][1]


def test_of_several_ticks_of_a_symbol_the_newest_stands(market: Market) -> None:
    add(market, trade(NOON, 10.0), trade(NOON + 2, 12.0), trade(NOON + 3, 50.0, symbol=1), trade(NOON + 2, 13.0, id=9))
    assert market.latest["price"].tolist() == [13.0, 50.0]


def test_a_late_trade_is_in_its_bar_but_not_the_latest(market: Market) -> None:
    add(market, trade(NOON + 5, 10.0))
    add(market, trade(NOON + 1, 99.0))
    assert market.latest["price"][0] == 10.0
    assert market.book.forming()[0][INTERVALS.index("1s"), 0]["high"] == 99.0


def test_a_trade_that_comes_twice_counts_once_and_quotes_always(market: Market) -> None:
    ticks = add(
        market, trade(NOON, 10.0, id=7), quote(NOON, 9.0, 11.0), trade(NOON, 10.0, id=7), quote(NOON, 9.0, 11.0)
    )
    assert len(ticks) == 3
    assert len(add(market, trade(NOON, 10.0, id=7))) == 0
    assert market.book.forming()[0][INTERVALS.index("1Min"), 0]["trade_count"] == 1


def test_each_trade_carries_its_aggressor(market: Market) -> None:
    ticks = add(market, quote(NOON, 9.9, 10.1), trade(NOON + 1, 10.1), trade(NOON + 2, 9.9), trade(NOON + 3, 10.0))
    assert ticks["flags"].tolist() == [0, Flag.AT_ASK, Flag.AT_BID, 0]
    assert add(market, trade(NOON + 4, 10.1))["flags"].tolist() == [Flag.AT_ASK], "by the quote of an earlier batch"


def test_the_newest_event_closes_the_bars_of_all_symbols_before_it(market: Market) -> None:
    add(market, trade(NOON, 10.0), trade(NOON, 20.0, symbol=1))
    add(market, quote(NOON + MINUTE, 9.0, 11.0, symbol=1))
    assert len(closed(market)) == 1 and len(market.book.series(1, "1Min").bars) == 1


def test_history_makes_no_symbol_look_fresh(market: Market) -> None:
    add(market, trade(NOON, 10.0), ts_recv=0)
    assert market.latest["price"][0] == 10.0 and market.latest["ts_recv"][0] == 0


def test_nothing_changes_nothing(market: Market) -> None:
    assert len(add(market, trade(NOON, 10.0)[:0])) == 0 and market.newest == 0


def test_time_alone_closes_a_bar_half_a_second_after_its_end(market: Market) -> None:
    add(market, trade(NOON, 10.0))
    market.pass_time(60.49, is_open=True)
    assert len(closed(market)) == 0
    market.pass_time(60.51, is_open=True)
    assert len(closed(market)) == 1 and len(closed(market, "15Min")) == 0


def test_a_market_that_has_closed_and_stands_still_closes_every_bar(market: Market) -> None:
    add(market, trade(NOON, 10.0))
    market.clock.look(NOON, 1.0)
    market.pass_time(2.0, is_open=True)
    assert len(closed(market, "15Min")) == 0, "it is only paused"
    market.pass_time(2.0, is_open=False)
    assert all(len(closed(market, interval)) == 1 for interval in ("1s", "1Min", "5Min", "15Min"))


def test_an_unknown_clock_closes_nothing() -> None:
    market = Market(("AAPL",))
    add(market, trade(NOON, 10.0))
    market.pass_time(1e9, is_open=False)
    assert len(closed(market)) == 0


def test_a_restart_takes_the_previous_close_of_the_day_before() -> None:
    market = Market(BOTH)
    yesterday, today = NOON - NOON % (86_400 * NS) - 19 * 3_600 * NS, NOON - NOON % (86_400 * NS) + 5 * 3_600 * NS
    days = {"AAPL": bars(bar(yesterday, 50.0), bar(today, 99.0))}
    market.restart_at(Feed.STOCKS, BOTH, NOON, {"AAPL": bars(bar(NOON - MINUTE, 70.0))}, days)
    assert market.latest["previous_close"].tolist() == [50.0, 0.0]
    assert market.latest["price"].tolist() == [70.0, 0.0], "until a trade comes"


def test_history_is_there_when_every_symbol_that_is_asked_for_has_minutes() -> None:
    market = Market(BOTH)
    minutes, days = bars(bar(NOON - MINUTE)), bars(bar(NOON - 3 * 86_400 * NS))
    market.restart_at(Feed.STOCKS, BOTH, NOON, {"AAPL": minutes}, {"AAPL": days, "MSFT": days})
    assert not market.has_history(BOTH) and market.has_history(["AAPL"])
    market.restart_at(Feed.STOCKS, ["MSFT"], NOON, {"MSFT": minutes}, {})
    assert market.has_history(BOTH)


def test_a_restart_of_some_symbols_leaves_the_others_alone(market: Market) -> None:
    add(market, trade(NOON, 10.0), trade(NOON, 20.0, symbol=1))
    market.restart_at(Feed.STOCKS, ["MSFT"], NOON, {}, {})
    assert market.book.forming()[0][INTERVALS.index("1Min"), :]["trade_count"].tolist() == [1, 0]


def test_ids_that_are_forgotten_count_anew_and_those_of_other_feeds_are_kept(market: Market) -> None:
    add(market, trade(NOON, 10.0, id=7))
    market.forget_ids(Feed.CRYPTO)
    assert len(add(market, trade(NOON, 10.0, id=7))) == 0
    market.forget_ids(Feed.STOCKS)
    assert len(add(market, trade(NOON, 10.0, id=7))) == 1


def test_each_feed_has_its_own_newest_event_and_the_market_the_newest_of_all(market: Market) -> None:
    add(market, trade(NOON, 10.0))
    market.add(Feed.CRYPTO, trade(NOON + 5, 10.0, symbol=1), 1, 0.0)
    add(market, quote(NOON + 3, 9.0, 11.0))
    assert (market.newest_of(Feed.STOCKS), market.newest_of(Feed.CRYPTO)) == (NOON + 3, NOON + 5)
    assert (market.newest_of(Feed.NEWS), market.newest) == (0, NOON + 5)


def test_another_run_of_the_market_begins_with_nothing(market: Market) -> None:
    add(market, trade(NOON, 10.0))
    market.forget(BOTH, Feed.STOCKS)
    assert market.newest == 0 and not market.latest["price"].any() and not market.book.forming()[0]["start"].any()
    assert market.clock.known
    assert len(add(market, trade(NOON, 10.0))) == 1, "a trade of the last run may come again"


@pytest.mark.parametrize(
    ("after_s", "ahead", "behind"),
    [(0, False, False), (3_600, False, False), (3_601, True, False), (-86_400, False, False), (-86_401, False, True)],
)
def test_what_is_an_hour_ahead_or_a_day_behind_is_not_plausible(
    market: Market, after_s: int, ahead: bool, behind: bool
) -> None:
    in_time, not_old = market.plausible(trade(NOON + after_s * NS, 10.0), 0.0)
    assert (in_time.tolist(), not_old.tolist()) == ([not ahead], [not behind])


def test_without_a_clock_everything_is_plausible() -> None:
    in_time, not_old = Market(BOTH).plausible(trade(1, 10.0), 0.0)
    assert in_time.all() and not_old.all()


def test_the_symbols_of_a_feed_are_in_the_order_of_the_market() -> None:
    market = Market(("MSFT", "BTC/USD", "AAPL", "AAPL261218C00200000", "ETH/USD"))
    assert market.symbols_of(Feed.STOCKS) == ("MSFT", "AAPL")
    assert market.symbols_of(Feed.CRYPTO) == ("BTC/USD", "ETH/USD")
    assert market.symbols_of(Feed.OPTIONS) == ("AAPL261218C00200000",)
    assert market.symbols_of(Feed.NEWS) == ()


def test_minutes_of_alpaca_reach_the_book_of_their_symbol(market: Market) -> None:
    market.add_minutes([1, 0], bars(bar(NOON, 5.0), bar(NOON, 6.0)))
    assert closed(market)["close"].tolist() == [6.0]
    assert market.book.series(1, "1Min").bars["close"].tolist() == [5.0]
