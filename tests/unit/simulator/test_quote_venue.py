"""Orders against a tape: filled at its best quote, never more than it shows, and the tape stays as it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.simulator.room import Room, quote


@pytest.fixture
def room() -> Room:
    """Quotes half a second after the clock begins, and then each second."""
    return Room(
        tape=[
            quote(1.5, 99.98, 100, 100.02, 50),
            quote(2.5, 99.99, 100, 100.03, 30),
            quote(3.5, 100.00, 100, 100.01, 500),
            quote(4.5, 100.05, 60, 100.07, 500),
        ]
    )


def fills(room: Room) -> list[tuple[Decimal, Decimal]]:
    found = (update.execution for update in room.updates)
    return [(execution.qty, execution.price) for execution in found if execution is not None]


def order(room: Room, side: str, qty: int, price: str | None = None, **more: str):
    trader = next(iter(room.floor.traders.values()), None) or room.trader()
    return room.order(trader, side, qty, price, symbol="TAPE", **more)


def test_a_market_order_takes_what_each_quote_shows(room):
    room.play(1.2)
    placed = order(room, "buy", 100)
    assert fills(room) == [(50, Decimal("100.02"))] and placed.status == "partially_filled"
    room.play(1)
    assert fills(room)[1:] == [(30, Decimal("100.03"))]
    room.play(1)
    assert fills(room)[2:] == [(20, Decimal("100.01"))] and room.latest(placed).status == "filled"


def test_an_order_before_the_first_quote_waits_for_it(room):
    placed = order(room, "sell", 10)
    assert placed.status == "new"
    room.play(1.2)
    assert fills(room) == [(10, Decimal("99.98"))]


def test_a_resting_limit_is_filled_when_the_opposite_quote_reaches_it(room):
    room.play(1.2)
    placed = order(room, "sell", 80, "100.04")
    room.play(2)
    assert room.latest(placed).status == "new"
    room.play(1)
    assert fills(room) == [(60, Decimal("100.05"))] and room.latest(placed).remaining == 20


def test_two_orders_share_the_size_of_one_quote_by_price_and_age(room):
    placed = [order(room, "buy", 30, price) for price in ("100.02", "100.03", "100.02")]
    room.play(1.2)
    assert [room.latest(each).filled_qty for each in placed] == [20, 30, 0]
    late = order(room, "buy", 5, "100.02")
    assert late.filled_qty == 0


def test_fill_or_kill_and_immediate_or_cancel(room):
    room.play(1.2)
    assert order(room, "buy", 51, time_in_force="fok").status == "canceled"
    taken = order(room, "buy", 60, time_in_force="ioc")
    assert (taken.status, taken.filled_qty) == ("canceled", 50)
    room.play(3)
    assert len(fills(room)) == 1


def test_the_public_stream_is_the_tape_and_day_orders_end_with_it(room):
    placed, far = order(room, "buy", 10), order(room, "buy", 10, "90.00")
    room.play(61)
    assert [message for message in room.published] == [
        quote(1.5, 99.98, 100, 100.02, 50),
        quote(2.5, 99.99, 100, 100.03, 30),
        quote(3.5, 100.00, 100, 100.01, 500),
        quote(4.5, 100.05, 60, 100.07, 500),
    ]
    assert room.latest(placed).status == "filled" and room.events(far) == ["new", "expired"]
