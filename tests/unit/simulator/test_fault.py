"""Faults of the floor: a number of times, and then no more."""

from __future__ import annotations

import pytest

from simulator.fault import Faults
from tests.unit.simulator.room import Room


def test_a_fault_is_used_up():
    faults = Faults()
    faults.arm("hang", count=2, seconds=3)
    assert [bool(faults.use("hang")) for _ in range(3)] == [True, True, False]
    faults.arm_from({"name": "drop_trade_update", "n": 1})
    assert faults.use("drop_trade_update") and not faults.armed


@pytest.mark.parametrize("fields", [{"name": "unknown"}, {}, {"name": "hang", "count": -1}, {"name": "hang", "x": 1}])
def test_a_fault_that_is_not_known_is_an_error(fields):
    with pytest.raises(ValueError):
        Faults().arm_from(fields)


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
