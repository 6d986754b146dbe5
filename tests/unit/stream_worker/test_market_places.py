"""A market whose symbols change goes on where it was: whatever places its symbols get."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.feed import Feed
from domain.interval import INTERVALS
from domain.tick import Records
from stream_worker.market import Market
from tests.unit.domain.ticks import MINUTE, NOON, NS, bar, bars, quote, trade

KEPT = ("AAPL", "BTC/USD")
OTHERS = ("MSFT", "ETH/USD", "TSLA")

Event = tuple[str, int, int, bool]
"""Symbol, seconds after noon, price, whether it is a trade."""

events = st.tuples(st.sampled_from(KEPT), st.integers(0, 200), st.integers(98, 102), st.booleans())
changes = st.permutations(OTHERS).flatmap(
    lambda others: st.integers(0, 3).flatmap(lambda count: st.permutations((*KEPT, *others[:count])))
)
steps = st.lists(st.one_of(events, changes.map(tuple), st.just("close")), max_size=25)


def tick(market: Market, event: Event, number: int) -> Records:
    symbol, second, price, is_trade = event
    at, place = NOON + second * NS + number, market.index[symbol]
    if is_trade:
        return trade(at, float(price), symbol=place, id=number + 1)
    return quote(at, price - 0.5, price + 0.5, place)


def play(market: Market, step: Event, number: int) -> None:
    feed = Feed.CRYPTO if "/" in step[0] else Feed.STOCKS
    market.add(feed, tick(market, step, number), number + 1, 0.0)


def assert_same(changed: Market, straight: Market, symbol: str) -> None:
    ours, theirs = changed.index[symbol], straight.index[symbol]
    assert changed.latest[ours] == straight.latest[theirs]
    for interval in INTERVALS:
        mine, other = changed.book.series(ours, interval), straight.book.series(theirs, interval)
        assert (mine.first, mine.bars.tolist()) == (other.first, other.bars.tolist()), interval
    (bars_of_ours, ordinals_of_ours), (bars_of_theirs, ordinals_of_theirs) = (
        changed.book.forming(),
        straight.book.forming(),
    )
    assert bars_of_ours[:, ours].tolist() == bars_of_theirs[:, theirs].tolist()
    assert ordinals_of_ours[:, ours].tolist() == ordinals_of_theirs[:, theirs].tolist()


def is_event(step: object) -> bool:
    return isinstance(step, tuple) and len(step) == 4 and isinstance(step[1], int)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_symbols_that_stay_do_not_notice_that_others_come_and_go(made: list[object]) -> None:
    straight, changed = Market(KEPT), Market(KEPT)
    for number, step in enumerate(made):
        if is_event(step):
            for market in straight, changed:
                play(market, step, number)  # type: ignore[arg-type]
        elif step == "close":
            for market in straight, changed:
                market.book.close_until(straight.newest)
        else:
            changed = changed.with_symbols(step)  # type: ignore[arg-type]
    for symbol in KEPT:
        assert_same(changed, straight, symbol)
    assert (changed.newest, changed.newest_of(Feed.CRYPTO)) == (straight.newest, straight.newest_of(Feed.CRYPTO))


@settings(max_examples=60, deadline=None)
@given(st.lists(events, max_size=15), changes.map(tuple))
def test_trades_that_come_again_after_a_change_count_once(made: list[Event], symbols: tuple[str, ...]) -> None:
    market = Market(KEPT)
    for number, event in enumerate(made):
        play(market, event, number)
    changed = market.with_symbols(symbols)
    for number, event in enumerate(made):
        feed = Feed.CRYPTO if "/" in event[0] else Feed.STOCKS
        assert len(changed.add(feed, tick(changed, event, number), 1, 0.0)) == (not event[3])


def test_late_trades_and_minutes_of_alpaca_find_the_bars_of_before() -> None:
    market = Market(("AAPL", "MSFT"))
    market.add(Feed.STOCKS, np.concatenate([trade(NOON, 10.0), trade(NOON, 20.0, symbol=1)]), 1, 0.0)
    market.add(Feed.STOCKS, trade(NOON + MINUTE, 20.5, symbol=1), 1, 0.0)
    changed = market.with_symbols(("TSLA", "MSFT"))
    changed.add(Feed.STOCKS, trade(NOON + 5, 19.0, symbol=1), 1, 0.0)
    (minute,) = changed.book.series(1, "1Min").bars
    assert (minute["low"], minute["close"], minute["trade_count"]) == (19.0, 19.0, 2)
    changed.add_minutes([1], bars(bar(NOON, 19.5)))
    assert changed.book.series(1, "1Min").bars["close"].tolist() == [19.5]


def test_a_symbol_that_comes_again_begins_empty_and_takes_the_trades_that_it_had_once() -> None:
    """They were remembered as seen: history's trades of the last minutes were dropped, and with them its seconds."""
    market = Market(("AAPL", "MSFT"))
    market.add(Feed.STOCKS, trade(NOON, 20.0, symbol=1, id=7), 1, 0.0)
    again = market.with_symbols(("AAPL",)).with_symbols(("AAPL", "MSFT"))
    assert again.latest["price"].tolist() == [0.0, 0.0] and not again.book.forming()[0]["start"].any()
    assert len(again.add(Feed.STOCKS, trade(NOON, 20.0, symbol=1, id=7), 1, 0.0)) == 1
    assert len(again.add(Feed.STOCKS, trade(NOON, 20.0, symbol=1, id=7), 1, 0.0)) == 0


def test_what_was_counted_is_counted_on() -> None:
    market = Market(("AAPL",))
    market.add(Feed.STOCKS, trade(NOON, 10.0), 1, 0.0)
    market.add(Feed.STOCKS, trade(NOON + 2 * MINUTE, 10.0), 1, 0.0)
    market.add(Feed.STOCKS, trade(NOON + MINUTE, 10.0), 1, 0.0)
    market.add_minutes([0], bars(bar(NOON, 99.0)))
    changed = market.with_symbols(("TSLA", "AAPL"))
    assert (changed.book.mismatches, changed.book.late) == (market.book.mismatches, market.book.late) == (1, 1)


@pytest.mark.parametrize("symbols", [(), ("TSLA",)])
def test_all_symbols_may_go(symbols: tuple[str, ...]) -> None:
    market = Market(("AAPL",))
    market.add(Feed.STOCKS, trade(NOON, 10.0), 1, 0.0)
    changed = market.with_symbols(symbols)
    assert changed.symbols == symbols and changed.newest == NOON
    changed.book.close_until(NOON + 100 * MINUTE)


def test_the_clock_goes_on() -> None:
    market = Market(("AAPL",))
    market.clock.look(NOON, 0.0)
    assert market.with_symbols(("MSFT",)).clock is market.clock
