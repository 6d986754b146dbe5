"""Limit up, limit down: nobody trades beyond the bands, and a limit state ends in a pause of five minutes."""

from __future__ import annotations

from datetime import date

import pytest

from domain.nyse_hours import NyseHours
from domain.session import NS_PER_SECOND
from simulator.crowd import Crowd
from simulator.generated import paths
from simulator.notice import PriceBand, TradingStatus
from simulator.order import Side
from simulator.pit import Pit
from simulator.price_bands import reach
from simulator.tide import Tide
from simulator.trade import Trade
from tests.unit.simulator.room import SOME, START, Room


@pytest.mark.parametrize(
    ("price", "late", "away"),
    [(100.0, False, 5.0), (100.0, True, 10.0), (2.0, False, 0.4), (0.5, False, 0.15), (0.1, False, 0.075)],
)
def test_how_far_the_bands_reach(price, late, away):
    assert reach(price, late) == pytest.approx(away)


@pytest.fixture(scope="module")
def crashed() -> Room:
    """AAPL is worth 12 % less from the 40th second on."""
    room = Room(banded=True)
    room.play(40)
    assert room.market.halted == set()
    room.source.move("AAPL", 0.88)
    room.play(60)
    return room


def of(room: Room, kind: type) -> list:
    return [event for event in (*room.early, *room.published) if isinstance(event, kind) and event.symbol == "AAPL"]


def test_no_trade_is_beyond_the_band_of_its_moment(crashed):
    events = [event for event in (*crashed.early, *crashed.published) if getattr(event, "symbol", "") == "AAPL"]
    band, seen = None, 0
    for event in events:
        if isinstance(event, PriceBand):
            band = event
        elif isinstance(event, Trade) and band is not None:
            assert band.down <= event.price <= band.up
            seen += 1
    assert seen > 50


def test_a_limit_state_of_15_seconds_ends_in_a_pause(crashed):
    (status,) = of(crashed, TradingStatus)
    assert (status.code, status.reason_code) == ("P", "LUDP")
    moved_at = START + 40 * NS_PER_SECOND
    assert 15 <= (status.ts_event - moved_at) / NS_PER_SECOND < 20
    assert not [trade for trade in of(crashed, Trade) if trade.ts_event > status.ts_event]
    assert crashed.market.halted == {"AAPL"}


def test_orders_wait_for_the_end_of_the_pause_and_trading_goes_on_where_the_price_is(crashed):
    order = crashed.order(crashed.trader(), "buy", 10)
    assert order.status == "new" and order.filled_qty == 0
    crashed.play(300)
    assert [status.code for status in of(crashed, TradingStatus)] == ["P", "T"]
    assert crashed.market.halted == set() and crashed.latest(order).status == "filled"
    worth = crashed.source._paths["AAPL"].price_at(crashed.market.now())
    assert of(crashed, Trade)[-1].price == pytest.approx(worth, rel=0.01)


def test_without_bands_there_are_none():
    room = Room()
    room.play(5)
    assert not of(room, PriceBand)


def test_an_order_at_a_price_beyond_the_band_stands_at_the_band():
    pit = Pit(SOME[0])
    high = pit.place(START, "somebody", Side.BUY, 10_900, 100)
    pit.set_band(9_500, 10_500)
    assert (high.price, pit.book.best(Side.BUY)) == (10_500, 10_500)
    low = pit.place(START, "other", Side.SELL, 9_000, 300)
    assert pit.last_price == 10_500 and low.remaining == 200 and pit.book.best(Side.SELL) == 9_500


def test_in_the_last_25_minutes_the_bands_are_twice_as_far():
    hours = NyseHours()
    (session,) = hours.sessions(date(2026, 11, 20), date(2026, 11, 20))
    widths = []
    for minutes_left in (60, 20):
        pit = Pit(SOME[0])
        crowd = Crowd(pit, paths(SOME, 1)["AAPL"], 1, tide=Tide(hours), banded=True)
        start = session.closes_at - minutes_left * 60 * NS_PER_SECOND
        crowd.open(start)
        crowd.advance(start + 90 * NS_PER_SECOND)
        bands = [event for event in pit.drain() if isinstance(event, PriceBand)]
        widths.append(bands[0].up - bands[0].down)
    assert widths[1] / widths[0] == pytest.approx(2, rel=0.05)
