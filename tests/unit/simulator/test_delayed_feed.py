"""What the delayed feed tells is what was told a quarter of an hour before; imbalances come while a share is halted."""

from __future__ import annotations

from simulator.bar import Bar, DailyBar
from simulator.delayed_feed import DELAY_NS, DelayedFeed
from simulator.fault import Faults
from simulator.hub import Hub
from simulator.imbalances import Imbalances
from simulator.notice import OrderImbalance
from simulator.quote import Quote
from simulator.trade import Trade
from tests.unit.simulator.room import Room


class Listening(Hub):
    """A hub with one listener to everything; `told` is what was published."""

    def __init__(self) -> None:
        super().__init__("stocks", Faults())
        self.told: list = []
        self.on = True

    def listeners(self):
        return [object()] if self.on else []

    def wanted(self, channel):
        return {"*"} if self.on else set()

    def publish(self, messages):
        self.told += messages


def test_everything_comes_a_quarter_of_an_hour_late():
    room, hub = Room(), Listening()
    feed = DelayedFeed(room.market, hub)
    begin = room.market.now()
    feed.turn(begin + DELAY_NS)
    for _ in range(20):
        room.play(7.3)
        feed.turn(room.market.now() + DELAY_NS)
    until = room.market.now()
    published = [each for each in room.published if isinstance(each, Trade | Quote) and begin <= each.ts_event < until]
    told = [each for each in hub.told if isinstance(each, Trade | Quote)]
    assert sorted(told, key=repr) == sorted(published, key=repr) and len(told) > 100
    moments = [each.ts_event for each in told]
    assert moments == sorted(moments)
    bars = [each for each in room.published if isinstance(each, Bar)]
    assert [each for each in hub.told if isinstance(each, Bar)] == bars and any(isinstance(b, DailyBar) for b in bars)


def test_nobody_is_told_what_came_before():
    room, hub = Room(), Listening()
    feed = DelayedFeed(room.market, hub)
    hub.on = False
    feed.turn(room.market.now() + DELAY_NS)
    room.play(5)
    feed.turn(room.market.now() + DELAY_NS)
    hub.on = True
    room.play(5)
    begin = room.market.now() - 5 * 10**9
    feed.turn(room.market.now() + DELAY_NS)
    assert hub.told and all(each.ts_event >= begin for each in hub.told)


def test_a_halted_share_has_an_imbalance_a_second():
    room, hub = Room(), Listening()
    imbalances = Imbalances(room.market, hub)
    imbalances.turn(room.market.now())
    room.scene("halt", symbol="AAPL")
    for _ in range(12):
        room.play(0.5)
        imbalances.turn(room.market.now())
    assert all(type(each) is OrderImbalance and each.symbol == "AAPL" for each in hub.told)
    assert 5 <= len(hub.told) <= 7 and len({each.ts_event // 10**9 for each in hub.told}) == len(hub.told)
    assert hub.told[0].price == room.market.records["AAPL"].last_trade.price
    room.scene("resume", symbol="AAPL")
    before = len(hub.told)
    room.play(3)
    imbalances.turn(room.market.now())
    assert len(hub.told) == before
