"""The generated market: decided by its seed, alive, and its bars are those of its trades."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import astuple

from domain.session import NS_PER_SECOND, Session, midnight, trading_day
from simulator.bar import NS_PER_MINUTE, Bar, DailyBar, bar_of, minute_of
from simulator.crowd import Crowd
from simulator.generated import GeneratedMarket, paths
from simulator.hours import AlwaysOpen, next_session, session_at
from simulator.listing import generated_listings
from simulator.market import Market
from simulator.market_time import MarketTime
from simulator.order import Side
from simulator.path import FundamentalPath
from simulator.pit import Pit
from simulator.quote import Quote
from simulator.timeframe import Timeframe, parse_timeframe
from simulator.trade import Trade

START = 1_795_161_630_000_000_000  # 2026-11-20 03:00:30 in New York
DAY = Timeframe(1, "Day")
SOME = tuple(share for share in generated_listings() if share.symbol in ("AAPL", "NVDA"))


def stand_still(moment: int = START) -> MarketTime:
    return MarketTime(lambda: 0, anchor=moment, rate=1)


class Weekdays:
    """09:30 to 16:00 in a calendar without holidays."""

    def sessions(self, first: date, last: date) -> list[Session]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        hours = 3_600 * NS_PER_SECOND
        return [Session(d, midnight(d) + 19 * hours // 2, midnight(d) + 16 * hours) for d in days if d.weekday() < 5]


@pytest.fixture(scope="module")
def market() -> Market:
    found = Market(GeneratedMarket(generated_listings(), 1, AlwaysOpen(), stand_still()))
    for _ in found.play(found.now()):
        pass
    return found


def crowd_events(symbol: str, seed: int, steps: int) -> list[Trade | Quote]:
    listing = next(share for share in generated_listings() if share.symbol == symbol)
    pit = Pit(listing)
    crowd = Crowd(pit, FundamentalPath(seed, symbol, listing.price), seed)
    crowd.open(START)
    for step in range(1, steps + 1):
        crowd.advance(START + 60 * NS_PER_SECOND * step // steps)
    return pit.drain()


def test_a_seed_decides_everything_however_often_it_is_asked():
    events = crowd_events("AAPL", 1, 1)
    assert crowd_events("AAPL", 1, 997) == events
    assert crowd_events("AAPL", 2, 1) != events


def test_users_orders_stand_in_the_same_queue_and_outlive_the_crowd():
    listing = next(share for share in generated_listings() if share.symbol == "AAPL")
    pit = Pit(listing)
    crowd = Crowd(pit, FundamentalPath(1, "AAPL", listing.price), 1)
    crowd.open(START)
    crowd.advance(START + NS_PER_SECOND)
    best_bid, shares, best_ask, _ = pit.book.touch()
    first = pit.place(START + NS_PER_SECOND, "somebody", Side.BUY, best_bid, 100)
    other = pit.place(START + NS_PER_SECOND, "somebody", Side.SELL, best_ask, 100)
    far = pit.place(START + NS_PER_SECOND, "somebody", Side.BUY, best_bid - 500, 100)
    pit.quote(START + NS_PER_SECOND)
    quote = pit.drain()[-1]
    assert isinstance(quote, Quote) and (quote.bid_price, quote.bid_size) == (best_bid / 100, shares + 100)
    queue = [order for order in pit.book.orders(Side.BUY) if order.price == best_bid]
    assert queue[-1] is first and len(queue) > 1
    crowd.advance(START + 120 * NS_PER_SECOND)
    # The price goes one way or the other.
    assert first.remaining == 0 or other.remaining == 0
    crowd.close()
    left = [order for side in Side for order in pit.book.orders(side)]
    assert left == [order for order in (first, far, other) if order.remaining]


def test_trades_are_at_the_quoted_prices_or_with_what_nobody_sees_between_them():
    bid = ask = 0.0
    inside, prints = 0, 0
    for event in crowd_events("MSFT", 1, 1):
        if isinstance(event, Quote):
            bid, ask = event.bid_price, event.ask_price
            assert 0 < bid < ask
        else:
            prints += 1
            inside += bid < event.price < ask
    assert 0 < inside < 0.4 * prints


def test_every_symbol_is_alive(market):
    for symbol, record in market.records.items():
        minutes = (START - record.trades[0].ts_event) / NS_PER_MINUTE
        prices = [trade.price for trade in record.trades]
        changes = sum(a != b for a, b in pairwise(prices))
        assert len(prices) / minutes > 45, symbol
        assert changes / minutes > 18, symbol


def test_the_price_follows_the_path(market):
    for listing in market.listings.values():
        worth = paths(generated_listings(), 1)[listing.symbol].price_at(START)
        assert market.records[listing.symbol].trades[-1].price == pytest.approx(worth, rel=2e-3)


def test_ids_and_times_grow(market):
    for record in market.records.values():
        ids = [trade.trade_id for trade in record.trades]
        times = [trade.ts_event for trade in record.trades]
        assert ids == sorted(set(ids)) and times == sorted(times)
        assert max(ids) < 2**53


def test_minute_bars_are_the_bars_of_the_published_trades(market):
    for symbol, record in market.records.items():
        by_minute: dict[int, list[Trade]] = {}
        for trade in record.trades:
            by_minute.setdefault(minute_of(trade.ts_event), []).append(trade)
        by_minute.pop(minute_of(START), None)
        served = market.bars(symbol, Timeframe(1, "Min")).between(market.source.begins_at, START)
        assert [served.bar(symbol, i) for i in range(len(served))] == [bar_of(found) for found in by_minute.values()]


def test_the_bars_of_a_minute_follow_all_its_trades():
    market = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), stand_still()))
    begins = market.source.begins_at
    seen: list[object] = [message for stretch in market.play(begins + NS_PER_MINUTE + 1) for message in stretch]
    first_bar = next(index for index, message in enumerate(seen) if isinstance(message, Bar))
    assert all(isinstance(m, Trade | Quote) and m.ts_event < begins + NS_PER_MINUTE for m in seen[:first_bar])
    assert {m.symbol for m in seen if type(m) is Bar} == set(market.listings)
    assert {m.symbol for m in seen if isinstance(m, DailyBar)} == set(market.listings)


def test_history_covers_five_sessions_and_a_year_and_joins_the_live_price(market):
    minutes = market.bars("AAPL", Timeframe(1, "Min"))
    days = market.bars("AAPL", DAY)
    assert np.all(np.diff(minutes.start) == NS_PER_MINUTE)
    assert minutes.start[0] == midnight(trading_day(START) - timedelta(days=5))
    assert len(days) == 366
    jumps = np.abs(minutes.open[1:] / minutes.close[:-1] - 1)
    assert jumps.max() < 0.002
    for bars in (minutes, days):
        assert np.all(bars.low <= np.minimum(bars.open, bars.close))
        assert np.all(bars.high >= np.maximum(bars.open, bars.close))
        assert np.all((bars.low <= bars.vwap + 1e-6) & (bars.vwap <= bars.high + 1e-6))
        assert np.all(bars.volume >= bars.trade_count) and np.all(bars.trade_count > 0)


def test_a_day_is_the_sum_of_its_minutes(market):
    minutes, days = market.bars("SPY", Timeframe(1, "Min")), market.bars("SPY", DAY)
    start = midnight(trading_day(START) - timedelta(days=1))
    yesterday = minutes.between(start, midnight(trading_day(START)) - 1)
    day = days.between(start, start)
    assert (day.open[0], day.close[0]) == (yesterday.open[0], yesterday.close[-1])
    assert (day.high[0], day.low[0]) == (yesterday.high.max(), yesterday.low.min())
    assert (day.volume[0], day.trade_count[0]) == (yesterday.volume.sum(), yesterday.trade_count.sum())


def test_the_daily_bar_on_the_stream_is_the_served_one(market):
    last = market.bars("AAPL", Timeframe(1, "Min")).bar("AAPL", -1)
    assert market.day_of(last) == DailyBar(*astuple(market.bars("AAPL", DAY).bar("AAPL", -1)))


def test_a_restart_tells_the_same_history():
    one = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), stand_still()))
    later = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), stand_still(START + 3_600 * NS_PER_SECOND)))
    span = (START - 86_400 * NS_PER_SECOND, one.source.begins_at - 1)
    before, after = (m.bars("AAPL", Timeframe(1, "Min")).between(*span) for m in (one, later))
    assert np.array_equal(before.close, after.close) and len(before)
    assert np.array_equal(one.bars("AAPL", DAY).close[:300], later.bars("AAPL", DAY).close[:300])


def test_trade_ids_go_on_growing_after_a_restart():
    ids = []
    for moment in (START, START + 3_600 * NS_PER_SECOND):
        market = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), stand_still(moment)))
        for _ in market.play(moment):
            pass
        ids += [trade.trade_id for trade in market.records["AAPL"].trades]
    assert ids == sorted(set(ids))


def test_with_hours_nothing_trades_outside_a_session():
    saturday = START + 22 * 3_600 * NS_PER_SECOND
    market = Market(GeneratedMarket(SOME, 1, Weekdays(), stand_still(saturday)))
    for _ in market.play(saturday):
        pass
    friday_close = midnight(date(2026, 11, 20)) + 16 * 3_600 * NS_PER_SECOND
    record = market.records["AAPL"]
    assert not market.is_open()
    assert friday_close - 10 * NS_PER_SECOND < record.trades[-1].ts_event < friday_close
    assert record.quote is not None and record.quote.bid_price > 0
    minutes = market.bars("AAPL", Timeframe(1, "Min"))
    assert all(session_at(Weekdays(), int(stamp)) for stamp in minutes.start[::37])
    assert len(market.bars("AAPL", DAY).between(midnight(date(2026, 11, 14)), saturday)) == 5


def test_trading_is_taken_up_at_the_next_opening():
    opening = next_session(Weekdays(), START).opens_at
    clock = stand_still()
    market = Market(GeneratedMarket(SOME, 1, Weekdays(), clock))
    seen = [m for stretch in market.play(opening + 5 * NS_PER_SECOND) for m in stretch]
    live = [m for m in seen if isinstance(m, Trade | Quote) and m.ts_event >= START]
    assert live and min(m.ts_event for m in live) >= opening


def test_midnight_interrupts_nothing_in_a_market_that_is_always_open():
    midnight_to_come = midnight(date(2026, 11, 21))
    market = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), stand_still(midnight_to_come - 30 * NS_PER_SECOND)))
    seen = [m for stretch in market.play(midnight_to_come + NS_PER_MINUTE) for m in stretch]
    times = [m.ts_event for m in seen if isinstance(m, Trade | Quote) and m.symbol == "NVDA"]
    around = [ts for ts in times if abs(ts - midnight_to_come) < 20 * NS_PER_SECOND]
    assert min(around) < midnight_to_come < max(around)
    assert max(b - a for a, b in pairwise(around)) < 6 * NS_PER_SECOND
    days = [m.start for m in seen if isinstance(m, DailyBar) and m.symbol == "NVDA"]
    assert days[-2:] == [midnight(date(2026, 11, 20)), midnight_to_come]
    assert market.bars("NVDA", DAY).trade_count[-1] == market.bars("NVDA", Timeframe(1, "Min")).trade_count[-1]


def test_a_machine_that_slept_begins_again():
    moment = [START]
    market = Market(GeneratedMarket(SOME, 1, AlwaysOpen(), MarketTime(lambda: moment[0], anchor=START, rate=1)))
    for _ in market.play(START):
        pass
    last_id = market.records["AAPL"].trades[-1].trade_id
    assert not market.has_lost_track()
    moment[0] += 8 * 3_600 * NS_PER_SECOND
    assert market.has_lost_track()
    market.begin_again()
    assert not market.has_lost_track()
    minutes = market.bars("AAPL", Timeframe(1, "Min"))
    assert np.all(np.diff(minutes.start) == NS_PER_MINUTE)
    assert market.records["AAPL"].trades[0].trade_id > last_id


@pytest.mark.parametrize(
    ("text", "count"), [("5Min", 288), ("15T", 96), ("1Hour", 24), ("4H", 6), ("1D", 1), ("30min", 48), ("2h", 12)]
)
def test_longer_bars_cover_the_day(market, text, count):
    timeframe = parse_timeframe(text)
    assert timeframe is not None
    start = midnight(trading_day(START) - timedelta(days=1))
    assert len(market.bars("AAPL", timeframe).between(start, midnight(trading_day(START)) - 1)) == count


@pytest.mark.parametrize("text", ["", "Min", "0Min", "60Min", "24Hour", "2Day", "5Month", "1Minute", "1m"])
def test_other_timeframes_are_refused(text):
    assert parse_timeframe(text) is None


@pytest.mark.parametrize(("text", "first"), [("1Week", "2026-11-16"), ("1Month", "2026-11-01"), ("3M", "2026-10-01")])
def test_weeks_begin_on_monday_and_months_on_the_first(market, text, first):
    timeframe = parse_timeframe(text)
    assert timeframe is not None
    assert market.bars("AAPL", timeframe).start[-1] == midnight(date.fromisoformat(first))


def test_the_clock_keeps_its_place_when_its_rate_changes():
    real = [0]
    clock = MarketTime(lambda: real[0], anchor=1_000, rate=1, end=5_000)
    real[0] = 500
    clock.set_rate(0)
    real[0] = 900
    assert clock.now() == 1_500
    clock.set_rate(2.0)
    real[0] = 1_000
    assert clock.now() == 1_700
    clock.jump(4_900)
    real[0] = 9_999
    assert clock.now() == 5_000


def test_nobody_waits_long_for_the_next_trade_of_a_share(market):
    moments = [trade.ts_event for trade in market.records["AAPL"].trades]
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    long_ones = sum(pause for pause in pauses if pause > 5 * NS_PER_SECOND)
    assert len(moments) > 200 and long_ones < 0.2 * (moments[-1] - moments[0])
