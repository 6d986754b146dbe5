"""Faults: a number of times or for a while, and then no more."""

from __future__ import annotations

import msgpack
import pytest

from simulator.fault import Faults
from simulator.fault_catalogue import NAMES, PLAIN_WORDS
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
        {"name": "data_delay"},
        {"name": "data_lose", "chance": 0},
        {"name": "data_lose", "chance": 1.5},
        {"name": "data_lose", "seed": 1.5},
        {"name": "data_lose", "duration_s": 0},
        {"name": "data_lose", "duration_s": "long"},
        {"name": "429", "limit": 3},
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


def test_a_fault_with_a_duration_strikes_any_number_of_times_until_it_is_over():
    moment = [100.0]
    faults = Faults(lambda: moment[0])
    arm_from(faults, {"name": "data_lose", "duration_s": 5})
    frames = FrameFaults(faults, "stocks", "json", lambda: moment[0])
    assert [frames.pass_on(b"1") for _ in range(3)] == [[], [], []]
    ((fault, left_s),) = faults.active().values()
    assert (fault.struck, fault.count, left_s) == (3, None, 5.0)
    moment[0] = 105.0
    assert faults.active() == {} and frames.pass_on(b"1") == [b"1"]


def test_a_fault_with_a_duration_and_a_count_ends_with_whichever_comes_first():
    moment = [0.0]
    faults = Faults(lambda: moment[0])
    faults.arm("data_lose", count=2, duration_s=5)
    assert [bool(faults.use("data_lose")) for _ in range(3)] == [True, True, False]
    faults.arm("data_lose", count=2, duration_s=5)
    moment[0] = 5.0
    assert not faults.use("data_lose")


def lost(seed: int) -> list[bool]:
    faults = Faults()
    arm_from(faults, {"name": "data_lose", "seed": seed, "duration_s": 60})
    return [bool(faults.use("data_lose")) for _ in range(200)]


def test_by_chance_the_same_seed_strikes_the_same_occasions():
    assert lost(3) == lost(3) != lost(4)
    assert 60 < sum(lost(3)) < 140


def test_during_arms_inside_the_with_and_counts():
    faults = Faults()
    with faults.during("data_lose", seed=1, chance=0.25) as fault:
        struck = sum(bool(faults.use("data_lose")) for _ in range(400))
    assert 50 < struck == fault.struck < 150 and not faults.armed


def test_what_happens_at_once_is_never_armed_unless_it_is_to_last():
    faults, dropped = Faults(), []
    faults.when_armed("data_drop", lambda fault: dropped.append(fault.feed))
    arm_from(faults, {"name": "data_drop", "feed": "news"})
    assert dropped == ["news"] and not faults.armed
    arm_from(faults, {"name": "drop", "duration_s": 3})
    assert len(dropped) == 1 and FrameFaults(faults, "stocks", "json").breaks()


def test_a_delayed_frame_holds_up_those_that_follow():
    moment = [10.0]
    faults = Faults(lambda: moment[0])
    frames = FrameFaults(faults, "stocks", "json", lambda: moment[0])
    faults.arm("data_delay", seconds=2)
    assert frames.hold_s() == 2.0
    moment[0] = 11.5
    assert frames.hold_s() == 0.5
    moment[0] = 12.5
    assert frames.hold_s() == 0.0


def test_a_flood_is_many_copies(faults, frames):
    arm_from(faults, {"name": "flood", "limit": 30})
    assert len(frames.pass_on(b"1")) == 31 and len(frames.pass_on(b"2")) == 1


@pytest.mark.parametrize("word", PLAIN_WORDS)
def test_plain_words_are_taken_too(faults, word):
    armed = arm_from(faults, {"name": word, "seconds": 1})
    assert armed == PLAIN_WORDS[word] and set(armed) <= set(NAMES)
    assert set(faults.armed) == set(armed)
