"""Orders against a tape with queues: behind what is shown, and prints eat the queue first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.session import NS_PER_SECOND
from simulator.trade import Trade
from tests.unit.simulator.room import START, Room, quote


def trade(seconds: float, price: float, size: int) -> Trade:
    return Trade("TAPE", START + int(seconds * NS_PER_SECOND), int(seconds * 10), price, size, "V", "C")


def played(*events) -> Room:
    return Room(tape=list(events), fill_model="queue")


def fills(room: Room) -> list[tuple[Decimal, Decimal]]:
    found = (update.execution for update in room.updates)
    return [(execution.qty, execution.price) for execution in found if execution is not None]


def order(room: Room, side: str, qty: int, price: str | None = None, **more: str):
    trader = next(iter(room.floor.traders.values()), None) or room.trader()
    return room.order(trader, side, qty, price, symbol="TAPE", **more)


@pytest.fixture
def room() -> Room:
    """100 shares are bid for at 99.98; then sellers come."""
    return played(
        quote(1.5, 99.98, 100, 100.02, 50),
        trade(2.5, 99.98, 60),
        trade(3.5, 99.98, 60),
        trade(4.5, 99.97, 30),
    )


def test_prints_at_the_price_eat_the_shares_before_the_order_first(room):
    room.play(1.2)
    placed = order(room, "buy", 70, "99.98")
    room.play(1)
    assert fills(room) == []
    room.play(1)
    assert fills(room) == [(20, Decimal("99.98"))]
    room.play(1)  # a print below the price would have come to this order first
    assert fills(room)[1:] == [(30, Decimal("99.98"))] and room.latest(placed).remaining == 20


def test_the_best_quote_alone_would_not_fill_it():
    events = quote(1.5, 99.98, 100, 100.02, 50), trade(2.5, 99.98, 600)
    for model, filled in (("quote", 0), ("queue", 70)):
        room = Room(tape=list(events), fill_model=model)
        room.play(1.2)
        placed = order(room, "buy", 70, "99.98")
        room.play(2)
        assert room.latest(placed).filled_qty == filled
        assert room.market.fill_model == model


def test_who_left_was_before_it_and_who_came_is_behind():
    room = played(
        quote(1.5, 99.98, 500, 100.02, 50),
        quote(2.5, 99.98, 40, 100.02, 50),
        quote(2.6, 99.98, 900, 100.02, 50),
        trade(3.5, 99.98, 50),
    )
    room.play(1.2)
    order(room, "buy", 70, "99.98")
    room.play(3)
    assert fills(room) == [(10, Decimal("99.98"))]


def test_alone_inside_the_spread_it_is_first():
    room = played(quote(1.5, 99.98, 100, 100.02, 50), trade(2.5, 99.98, 30), trade(3.5, 100.02, 30))
    room.play(1.2)
    order(room, "buy", 70, "99.99")
    room.play(3)
    assert fills(room) == [(30, Decimal("99.99"))]


def test_behind_the_best_price_its_queue_is_what_is_shown_when_its_price_is_the_best():
    room = played(
        quote(1.5, 99.98, 100, 100.02, 50),
        quote(2.5, 99.95, 80, 100.02, 50),
        trade(3.5, 99.95, 90),
    )
    room.play(1.2)
    order(room, "buy", 70, "99.95")
    room.play(3)
    assert fills(room) == [(10, Decimal("99.95"))]


def test_two_orders_at_one_price_share_a_print_by_age(room):
    room.play(1.2)
    first, second = order(room, "buy", 10, "99.98"), order(room, "buy", 70, "99.98")
    room.play(2)
    assert [room.latest(each).filled_qty for each in (first, second)] == [10, 10]


def test_what_can_trade_at_once_has_the_best_quote(room):
    room.play(1.2)
    assert order(room, "buy", 30, "100.02").status == "filled"
    assert fills(room) == [(30, Decimal("100.02"))]


def test_fewer_shares_keep_the_place_and_more_lose_it(room):
    room.play(1.2)
    placed = order(room, "buy", 70, "99.98")
    room.play(1)
    smaller = room.floor.replace(placed, {"qty": Decimal(50)})
    room.play(1)
    assert room.latest(smaller).filled_qty == 20
