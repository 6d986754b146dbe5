"""Brackets, OCO and OTO: legs held until the entry is filled, one cancels the other, never more than one was for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.session import NS_PER_SECOND, midnight
from simulator.client_order import ClientOrder
from simulator.crowd import OWNER
from simulator.order import Side
from simulator.order_list import parse_order_list
from simulator.order_wire import order_fields
from simulator.rejection import Rejection
from simulator.trader import Trader
from tests.unit.simulator.room import Room
from tests.unit.simulator.test_order_types import FRIDAY, Weekdays, trade_at


@pytest.fixture
def room() -> Room:
    """With an empty book around 200.00."""
    room = Room()
    quiet(room)
    return room


def quiet(room: Room, cents: int = 20_000) -> None:
    """The crowd quotes two cents to both sides of a price, and nothing else."""
    trade_at(room, cents)


def bracket(room: Room, trader: Trader, qty: int = 10, price: str | None = "200.02", **more: object) -> ClientOrder:
    legs = {"take_profit": {"limit_price": "201.00"}, "stop_loss": {"stop_price": "199.00"}}
    return room.order(trader, "buy", qty, price, order_class="bracket", **{**legs, **more})


def oco(room: Room, trader: Trader, qty: int = 10) -> ClientOrder:
    legs = {"take_profit": {"limit_price": "201.00"}, "stop_loss": {"stop_price": "199.00"}}
    return room.order(trader, "sell", qty, "201.00", order_class="oco", **legs)


def legs(room: Room, order: ClientOrder) -> list[ClientOrder]:
    return room.floor.traders[order.account_id].legs(order.order_id)


def buy_from(room: Room, cents: int, shares: int) -> None:
    """Somebody of the crowd buys up to a price."""
    room.pit.place(room.market.now() + 1_000_000, OWNER, Side.BUY, cents, shares, rest=False)
    room.tell()


def position(trader: Trader) -> Decimal:
    return trader.ledger.qty("AAPL")


def test_the_legs_are_held_until_the_entry_is_filled_whole(room):
    trader = room.trader()
    order = bracket(room, trader, price="199.99")
    profit, loss = legs(room, order)
    assert (order.status, profit.status, loss.status) == ("new", "held", "held")
    assert (profit.side, profit.limit_price, loss.stop_price) == ("sell", Decimal(201), Decimal(199))
    assert room.events(profit) == ["held"] and room.pit.book.quantity(Side.SELL, 20_100) == 0
    room.pit.place(room.market.now(), OWNER, Side.SELL, 19_999, 4, rest=False)
    room.tell()
    assert room.latest(order).filled_qty == 4 and legs(room, order)[0].status == "held"
    room.pit.place(room.market.now(), OWNER, Side.SELL, 19_999, 6, rest=False)
    room.tell()
    profit, loss = legs(room, order)
    assert (room.latest(order).status, profit.status, loss.status) == ("filled", "new", "held")
    assert room.pit.book.quantity(Side.SELL, 20_100) == 10 and position(trader) == 10
    assert room.events(profit) == ["held", "new"]


def test_a_profit_that_is_taken_cancels_the_stop(room):
    trader = room.trader()
    profit, loss = legs(room, bracket(room, trader))
    buy_from(room, 20_100, 5_000 + 10)
    assert room.latest(profit).status == "filled" and room.latest(loss).status == "canceled"
    assert room.events(loss) == ["held", "canceled"] and position(trader) == 0


def test_a_profit_that_is_taken_in_part_leaves_the_stop_for_the_rest(room):
    trader = room.trader()
    profit, loss = legs(room, bracket(room, trader))
    buy_from(room, 20_100, 5_000 - 10 + 4)  # ten of the five thousand have gone to the entry
    assert room.latest(profit).filled_qty == 4 and room.latest(loss).qty == 6
    assert room.events(loss) == ["held", "restated"]
    trade_at(room, 19_900)
    assert room.latest(profit).status == "canceled" and room.latest(loss).status == "filled"
    assert position(trader) == 0 and room.events(loss)[:3] == ["held", "restated", "new"]


def test_a_stop_that_is_reached_cancels_the_profit_before_it_works(room):
    trader = room.trader()
    profit, loss = legs(room, bracket(room, trader))
    trade_at(room, 19_900)
    assert (room.latest(profit).status, room.latest(loss).status, position(trader)) == ("canceled", "filled", 0)
    told = [(update.order.order_id, update.event) for update in room.updates]
    assert told.index((profit.order_id, "canceled")) < told.index((loss.order_id, "new"))


@pytest.mark.parametrize("which", ["entry", "profit", "loss"])
def test_who_cancels_one_cancels_all(room, which):
    trader = room.trader()
    order = bracket(room, trader, price="199.00", stop_loss={"stop_price": "198.00"})
    group = {"entry": order, **dict(zip(("profit", "loss"), legs(room, order), strict=True))}
    room.floor.cancel(group[which])
    room.floor.turn()
    assert {room.latest(each).status for each in group.values()} == {"canceled"}
    assert position(trader) == 0 and not trader.open_orders


def test_a_leg_that_is_canceled_later_takes_the_other_along(room):
    trader = room.trader()
    profit, loss = legs(room, bracket(room, trader))
    room.floor.cancel(room.latest(loss))
    room.floor.turn()
    assert (room.latest(profit).status, room.latest(loss).status) == ("canceled", "canceled")
    assert position(trader) == 10


def test_an_entry_that_is_over_before_it_is_filled_takes_its_legs_along():
    room = Room(moment=midnight(date(2026, 11, 21)) - 10 * NS_PER_SECOND)
    order = bracket(room, room.trader(), price="100.00", stop_loss={"stop_price": "99.00"})
    room.play(11)
    assert room.latest(order).status == "expired"
    assert {room.events(leg)[-1] for leg in legs(room, order)} <= {"canceled", "expired"}
    assert not room.floor.traders[order.account_id].open_orders


def test_legs_do_not_hold_shares_twice(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    bracket(room, trader)
    with pytest.raises(Rejection) as caught:
        room.order(trader, "sell", 11, "300.00")
    assert caught.value.extra["available"] == "10" and caught.value.extra["held_for_orders"] == "10"
    oco(room, trader)
    with pytest.raises(Rejection, match="insufficient qty"):
        oco(room, trader, 1)


def test_an_oco_is_a_profit_and_a_stop_for_what_is_there(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    order = oco(room, trader)
    (loss,) = legs(room, order)
    assert (order.status, order.limit_price, loss.status, loss.order_class) == ("new", Decimal(201), "held", "oco")
    assert (order.side, loss.side) == ("sell", "sell")
    buy_from(room, 20_100, 5_000 - 10 + 3)
    assert room.latest(order).filled_qty == 3 and room.latest(loss).qty == 7
    trade_at(room, 19_900)
    assert (room.latest(order).status, room.latest(loss).status, position(trader)) == ("canceled", "filled", 0)


def test_an_oco_that_takes_its_profit_cancels_the_stop(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    order = oco(room, trader)
    buy_from(room, 20_100, 5_000)
    (loss,) = legs(room, order)
    assert (room.latest(order).status, loss.status, position(trader)) == ("filled", "canceled", 0)


def test_an_oto_has_one_leg_that_works_as_soon_as_the_entry_is_filled(room):
    trader = room.trader()
    stop = room.order(trader, "buy", 5, order_class="oto", stop_loss={"stop_price": "199.00", "limit_price": "198.5"})
    (loss,) = legs(room, stop)
    assert (loss.order_type, loss.limit_price, loss.status) == ("stop_limit", Decimal("198.5"), "new")
    trade_at(room, 19_900)
    assert room.latest(loss).status == "filled" and position(trader) == 0
    quiet(room)
    profit = room.order(trader, "buy", 5, order_class="oto", take_profit={"limit_price": "201.00"})
    (leg,) = legs(room, profit)
    assert leg.status == "new" and room.pit.book.quantity(Side.SELL, 20_100) == 5


def test_a_short_entry_is_the_mirror(room):
    trader = room.trader()
    order = room.order(
        trader,
        "sell",
        10,
        order_class="bracket",
        take_profit={"limit_price": "199.00"},
        stop_loss={"stop_price": "201.00"},
    )
    profit, loss = legs(room, order)
    assert (profit.side, loss.side, position(trader)) == ("buy", "buy", -10)
    trade_at(room, 20_100)
    assert (room.latest(profit).status, room.latest(loss).status, position(trader)) == ("canceled", "filled", 0)


def test_what_must_be_an_entry_or_an_exit_is_checked(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    with pytest.raises(Rejection, match="bracket orders must be entry orders"):
        room.order(
            trader,
            "sell",
            10,
            order_class="bracket",
            take_profit={"limit_price": "190"},
            stop_loss={"stop_price": "210"},
        )
    with pytest.raises(Rejection, match="oco orders must be exit orders"):
        room.order(
            trader,
            "buy",
            10,
            "190.00",
            order_class="oco",
            take_profit={"limit_price": "190"},
            stop_loss={"stop_price": "210"},
        )
    with pytest.raises(Rejection, match=r"stop_loss.stop_price must be <= base_price - 0.01") as caught:
        bracket(room, trader, price=None, stop_loss={"stop_price": "200.02"})
    assert caught.value.extra == {"base_price": "200.02"}


def test_a_group_of_the_night_works_from_the_open_on():
    room = Room(hours=Weekdays())
    trader = room.trader()
    order = bracket(room, trader, price=None, take_profit={"limit_price": "999"}, stop_loss={"stop_price": "1"})
    profit, loss = legs(room, order)
    assert (order.status, profit.status, loss.status) == ("accepted", "held", "held")
    room.jump(FRIDAY + 19 * 1_800 * NS_PER_SECOND)
    room.play(2)
    statuses = [room.latest(each).status for each in (order, profit, loss)]
    assert statuses == ["filled", "new", "held"]


def test_legs_are_shown_in_their_order_or_by_themselves(room):
    trader = room.trader()
    order = bracket(room, trader)
    shown = order_fields(order, legs(room, order))
    assert [(leg["type"], leg["status"], leg["legs"]) for leg in shown["legs"]] == [
        ("limit", "new", None),
        ("stop", "held", None),
    ]
    assert {shown["order_class"], *(leg["order_class"] for leg in shown["legs"])} == {"bracket"}
    everything = trader.orders.values()
    chosen = parse_order_list({"status": "all", "nested": "True"}).choose(everything)
    assert [found.order_id for found in chosen] == [order.order_id]
    assert len(parse_order_list({"status": "all"}).choose(everything)) == 3
    # The entry is filled: what is open of the group is not lost for who asks for open orders only.
    assert len(parse_order_list({"nested": "true"}).choose(everything)) == 2


def test_a_restart_finds_groups_where_they_were(tmp_path):
    path = tmp_path / "practice.db"
    room = Room(path=path)  # near the price at which the crowd begins again
    cents = int(room.best(Side.BUY) * 100)
    quiet(room, cents)
    above, below, lower = (str(Decimal(cents + away) / 100) for away in (900, -900, -400))
    exits = {"take_profit": {"limit_price": above}, "stop_loss": {"stop_price": below}, "time_in_force": "gtc"}
    trader = room.trader()
    room.order(trader, "buy", 10)
    armed = bracket(room, trader, price=None, **exits)
    waits = bracket(room, trader, price=lower, **exits)
    pair = room.order(trader, "sell", 10, above, order_class="oco", **exits)
    again = Room(path=path)
    found = again.floor.traders[trader.row.account_id]
    assert [leg.status for leg in found.legs(armed.order_id)] == ["new", "held"]
    assert [leg.status for leg in found.legs(waits.order_id)] == ["held", "held"]
    assert again.updates == [] and again.pit.book.quantity(Side.SELL, cents + 900) == 20
    trade_at(again, cents - 410)
    again.pit.place(again.market.now(), OWNER, Side.SELL, cents - 400, 5_000, rest=False)
    again.tell()
    assert again.latest(waits).status == "filled" and found.ledger.qty("AAPL") == 30
    trade_at(again, cents - 900)
    assert found.ledger.qty("AAPL") == 0 and not found.open_orders
    assert {again.latest(order).status for order in (armed, waits)} == {"filled"}
    assert again.latest(pair).status == "canceled"


def test_nobody_trades_with_himself(room):
    """The wash trade check lets brackets through: the order that rests gives way."""
    trader = room.trader()
    room.order(trader, "buy", 10, "200.02")
    resting = room.order(trader, "sell", 10, "200.01")
    entry = bracket(room, trader, price="200.02")
    assert room.latest(resting).status == "canceled" and room.latest(entry).status == "filled"
    assert [execution.price for execution in trader.executions] == [Decimal("200.02")] * 2
    assert position(trader) == 20
