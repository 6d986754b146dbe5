"""One order in the place of another: what may change, what becomes of both, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulator.client_order import ClientOrder
from simulator.crowd import OWNER
from simulator.margin import Margin
from simulator.order import Side
from simulator.order_wire import order_fields
from simulator.rejection import Rejection
from tests.unit.simulator.room import Room
from tests.unit.simulator.test_groups import bracket, legs, oco, quiet
from tests.unit.simulator.test_order_types import Weekdays, trade_at


@pytest.fixture
def room() -> Room:
    room = Room()
    quiet(room)
    return room


def change(room: Room, order: ClientOrder, **fields: object) -> ClientOrder:
    parsed = {name: Decimal(value) if isinstance(value, int) else value for name, value in fields.items()}
    return room.latest(room.floor.replace(order, parsed))


def test_the_new_order_stands_for_the_old_one(room):
    trader = room.trader()
    old = room.order(trader, "buy", 10, "150.00", client_order_id="first")
    new = change(room, old, qty="4", limit_price="151.00", time_in_force="gtc", client_order_id="second")
    old = room.latest(old)
    assert (old.status, old.replaced_by, new.replaces) == ("replaced", new.order_id, old.order_id)
    assert (new.status, new.qty, new.limit_price, new.time_in_force) == ("new", 4, Decimal(151), "gtc")
    assert new.expires_at > old.expires_at and new.client_order_id == "second"
    assert (room.events(old), room.events(new)) == (["new", "replaced"], ["new"])
    assert room.pit.book.quantity(Side.BUY, 15_000) == 0 and room.pit.book.quantity(Side.BUY, 15_100) == 4
    assert list(trader.open_orders) == [new.order_id]
    fields = order_fields(old)
    assert fields["replaced_at"] and fields["replaced_by"] == str(new.order_id)


def test_what_was_filled_stays_with_the_old_order(room):
    trader = room.trader()
    old = room.order(trader, "buy", 10, "199.99")
    room.pit.place(room.market.now(), OWNER, Side.SELL, 19_999, 4, rest=False)
    room.floor.turn()
    with pytest.raises(Rejection, match="qty must be > filled_qty"):
        change(room, old, qty="4")
    new = change(room, old, qty="12")
    assert (room.latest(old).filled_qty, new.qty, new.filled_qty, new.remaining) == (4, 8, 0, 8)
    room.pit.place(room.market.now(), OWNER, Side.SELL, 19_999, 5_000, rest=False)
    room.floor.turn()
    assert trader.ledger.qty("AAPL") == 12 and room.latest(new).status == "filled"


def test_a_new_order_may_be_filled_at_once(room):
    trader = room.trader()
    new = change(room, room.order(trader, "buy", 10, "150.00"), limit_price="200.02")
    assert new.status == "filled" and room.events(new) == ["new", "fill"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "order parameters are not changed"),
        ({"limit_price": "150"}, "order parameters are not changed"),
        ({"stop_price": "150"}, "limit orders require no stop price"),
        ({"trail": "1"}, "limit orders must not have trail"),
        ({"limit_price": "150.001"}, "sub-penny"),
        ({"qty": "1.5"}, "qty must be integer"),
        ({"time_in_force": "week"}, "invalid time_in_force"),
        ({"qty": "1000000"}, "insufficient buying power"),
        ({"client_order_id": "used"}, "client_order_id must be unique"),
    ],
)
def test_what_cannot_be_changed_is_refused_and_the_old_order_lives(room, fields, message):
    order = room.order(room.trader(), "buy", 10, "150.00", client_order_id="used")
    with pytest.raises(Rejection, match=message):
        change(room, order, **fields)
    assert room.latest(order).status == "new" and room.pit.book.quantity(Side.BUY, 15_000) == 10


def test_what_is_over_or_not_yet_there_cannot_be_replaced(room):
    trader = room.trader()
    filled = room.order(trader, "buy", 1, "200.02")
    with pytest.raises(Rejection, match="unable to replace order, order is not open"):
        change(room, filled, qty="2")
    order = room.order(trader, "buy", 1, "150.00")
    again = change(room, order, qty="2")
    with pytest.raises(Rejection, match="order already replaced"):
        change(room, order, qty="3")
    room.floor.cancel(again)
    with pytest.raises(Rejection, match="cannot replace order in pending_cancel status"):
        change(room, again, qty="3")
    money = room.order(trader, "buy", None, "150.00", notional="100")
    with pytest.raises(Rejection, match="notional orders cannot be replaced"):
        change(room, money, limit_price="151.00")
    night = Room(hours=Weekdays())
    with pytest.raises(Rejection, match="cannot replace order in accepted status"):
        change(night, night.order(night.trader(), "buy", 1, "1.00"), qty="2")


def test_buying_power_is_that_of_the_new_order(room):
    trader = room.trader()
    order = room.order(trader, "buy", 900, "200.00")
    change(room, order, qty="990")
    assert Margin(trader, room.floor.prices).buying_power() == 200_000 - 990 * 200


def test_a_sale_cannot_be_made_larger_than_the_position(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    order = room.order(trader, "sell", 4, "300.00")
    assert change(room, order, qty="10").qty == 10
    with pytest.raises(Rejection, match="insufficient qty available"):
        change(room, next(iter(trader.open_orders.values())), qty="11")


def test_legs_keep_their_group_when_one_of_them_is_replaced(room):
    trader = room.trader()
    order = bracket(room, trader)
    profit, loss = legs(room, order)
    with pytest.raises(Rejection, match="qty cannot be changed for advanced orders"):
        change(room, profit, qty="5")
    higher = change(room, loss, stop_price="199.50")
    assert (higher.status, room.events(higher)) == ("held", ["held"])
    dearer = change(room, profit, limit_price="202.00")
    assert [leg.order_id for leg in legs(room, order)] == [higher.order_id, dearer.order_id]
    trade_at(room, 19_950)
    assert (room.latest(dearer).status, room.latest(higher).status) == ("canceled", "filled")
    assert trader.ledger.qty("AAPL") == 0 and not trader.open_orders


def test_an_entry_that_is_replaced_keeps_its_legs(room):
    trader = room.trader()
    order = bracket(room, trader, price="199.50")
    new = change(room, order, limit_price="200.02")
    assert legs(room, order) == [] and [leg.status for leg in legs(room, new)] == ["new", "held"]
    trade_at(room, 19_900)
    assert trader.ledger.qty("AAPL") == 0 and not trader.open_orders


def test_a_pair_whose_profit_is_replaced_stays_a_pair(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    new = change(room, oco(room, trader), limit_price="203.00")
    (loss,) = legs(room, new)
    trade_at(room, 19_900)
    assert (room.latest(new).status, room.latest(loss).status) == ("canceled", "filled")


def test_a_trail_is_another_distance_from_the_same_best_price(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    order = room.order(trader, "sell", 10, type="trailing_stop", trail_price="2.00")
    new = change(room, order, trail="1.50")
    assert (new.hwm, new.stop_price) == (order.hwm, order.hwm - Decimal("1.50"))
    trade_at(room, int(new.stop_price * 100))
    assert room.latest(new).status == "filled"


def test_a_replacement_that_is_rejected_later_leaves_the_old_order(room):
    order = room.order(room.trader(), "buy", 10, "150.00")
    room.faults.arm("replace_rejected")
    answered = room.floor.replace(order, {"limit_price": "151.00"})
    assert answered.status == "accepted" and room.latest(answered).status == "rejected"
    assert room.events(order) == ["new", "order_replace_rejected"] and room.latest(order).status == "new"
    assert change(room, order, limit_price="152.00").status == "new"


def test_a_restart_finds_what_was_replaced(tmp_path):
    room = Room(path=tmp_path / "practice.db")
    trader = room.trader()
    old = room.order(trader, "buy", 10, "1.00", time_in_force="gtc")
    new = change(room, old, limit_price="1.01")
    again = Room(path=tmp_path / "practice.db")
    assert (again.latest(old), again.latest(new)) == (room.latest(old), room.latest(new))
    assert again.pit.book.quantity(Side.BUY, 101) == 10 and again.pit.book.quantity(Side.BUY, 100) == 0


def queue(room: Room, cents: int) -> list[int]:
    return [order.remaining for order in room.pit.book.orders(Side.BUY) if order.price == cents]


def test_fewer_shares_keep_their_place_in_the_queue_and_more_go_to_its_end(room):
    first, second = room.trader(), room.trader()
    old, other = room.order(first, "buy", 30, "199.99"), room.order(second, "buy", 20, "199.99")
    assert queue(room, 19_999) == [30, 20]
    smaller = change(room, old, qty="12")
    assert queue(room, 19_999) == [12, 20]
    assert (room.events(old), room.events(smaller)) == (["new", "replaced"], ["new"])
    room.pit.place(room.market.now(), OWNER, Side.SELL, 19_999, 15, rest=False)
    room.floor.turn()
    assert room.latest(smaller).status == "filled" and room.latest(other).filled_qty == 3
    larger = change(room, room.order(first, "buy", 5, "199.99"), qty="6")
    assert queue(room, 19_999) == [17, 6] and larger.status == "new"


def test_another_price_or_time_goes_to_the_end_of_the_queue(room):
    trader, other = room.trader(), room.trader()
    old = room.order(trader, "buy", 30, "150.00")
    room.order(other, "buy", 20, "150.00")
    change(room, old, qty="12", time_in_force="gtc")
    assert queue(room, 15_000) == [20, 12]


def test_a_smaller_order_can_be_replaced_and_canceled_as_any_other(room):
    trader = room.trader()
    smaller = change(room, room.order(trader, "buy", 30, "150.00"), qty="12")
    moved = change(room, smaller, limit_price="151.00")
    assert queue(room, 15_000) == [] and queue(room, 15_100) == [12]
    room.floor.cancel(moved, at_once=True)
    assert queue(room, 15_100) == [] and not trader.open_orders
