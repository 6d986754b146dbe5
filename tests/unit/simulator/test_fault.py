"""Faults: a number of times or for a while, and then no more."""

from __future__ import annotations

import msgpack
import pytest

from simulator.fault import Faults
from simulator.fault_request import arm_from
from simulator.frame_faults import BROKEN, FrameFaults
from tests.unit.simulator.room import Room


def test_a_fault_is_used_up():
    faults = Faults()
    faults.arm("hang", count=2, seconds=3)
    assert [bool(faults.use("hang")) for _ in range(3)] == [True, True, False]
    arm_from(faults, {"name": "drop_trade_update", "n": 1})
    assert faults.use("drop_trade_update") and not faults.armed


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "unknown"},
        {},
        {"name": "hang", "count": -1},
        {"name": "hang", "x": 1},
        {"name": "hang", "feed": "stocks"},
        {"name": "data_mute"},
        {"name": "data_mute", "seconds": 1, "feed": "bonds"},
        {"name": "data_symbol_limit"},
        {"name": "data_partial_ack"},
        {"name": "data_partial_ack", "missing": "AAPL"},
    ],
)
def test_a_fault_that_is_not_known_is_an_error(fields):
    with pytest.raises(ValueError):
        arm_from(Faults(), fields)


def test_an_order_comes_in_parts():
    room = Room()
    room.faults.arm("partial_then_rest")
    trader = room.trader()
    resting = room.order(trader, "buy", 10, "1.00")
    assert resting.status == "new" and room.faults.armed
    order = room.order(trader, "buy", 10)
    assert (order.status, order.filled_qty) == ("partially_filled", 5)
    room.play(0.2)
    assert room.events(order) == ["new", "partial_fill", "fill"]


def test_a_canceled_order_is_filled_after_all():
    room = Room()
    room.faults.arm("fill_after_cancel")
    trader = room.trader()
    order = room.order(trader, "buy", 10, "1.00")
    room.floor.cancel(order)
    room.play(0.2)
    assert room.events(order) == ["new", "pending_cancel", "fill"]
    assert trader.ledger.cash == 100_000 - 10 and room.pit.book.cancel(order.sequence) is None


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def frames(faults: Faults) -> FrameFaults:
    return FrameFaults(faults, "stocks", "msgpack")


def test_without_a_fault_a_frame_passes(frames):
    assert frames.pass_on(b"1") == [b"1"]


def test_frames_come_twice_as_often_as_was_asked(faults, frames):
    arm_from(faults, {"name": "data_duplicate", "count": 1})
    assert [frames.pass_on(b"1"), frames.pass_on(b"2")] == [[b"1", b"1"], [b"2"]]


def test_a_frame_is_overtaken_by_the_next(faults, frames):
    arm_from(faults, {"name": "data_reorder"})
    assert [frames.pass_on(each) for each in (b"1", b"2", b"3")] == [[], [b"2", b"1"], [b"3"]]


def test_a_broken_frame_comes_beside_a_good_one(faults, frames):
    arm_from(faults, {"name": "data_garbage"})
    broken, good = frames.pass_on(b"1")
    assert good == b"1" and broken == BROKEN["msgpack"]
    with pytest.raises(ValueError, match="incomplete"):
        msgpack.unpackb(broken)


def test_a_mute_market_speaks_again_when_its_time_is_over():
    moment = [0.0]
    faults = Faults(lambda: moment[0])
    frames = FrameFaults(faults, "stocks", "json")
    arm_from(faults, {"name": "data_mute", "seconds": 5, "feed": "stocks"})
    assert FrameFaults(faults, "crypto", "json").pass_on(b"1") == [b"1"]
    assert frames.pass_on(b"1") == frames.pass_on(b"2") == []
    moment[0] = 5.0
    assert frames.pass_on(b"3") == [b"3"] and not faults.armed
