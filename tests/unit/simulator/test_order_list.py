"""Lists of orders and of fills: what their queries let through."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from simulator.activities import Activities
from simulator.amount import amount
from simulator.order_list import parse_order_list
from simulator.order_wire import activity_fields
from simulator.rejection import Rejection
from simulator.wire_time import rfc3339
from tests.unit.simulator.room import Room


@pytest.fixture(scope="module")
def room() -> Room:
    """One trader with five orders: a bid each in two symbols, a filled one, an offer, a canceled bid."""
    room = Room()
    trader = room.trader()
    room.order(trader, "buy", 1, "1.00", client_order_id="0")
    room.order(trader, "buy", 1, "1.00", symbol="NVDA", client_order_id="1")
    room.order(trader, "buy", 400, client_order_id="2")
    room.order(trader, "sell", 1, "900.00", client_order_id="3")
    last = room.order(trader, "buy", 1, "1.00", client_order_id="4")
    room.floor.cancel(last, at_once=True)
    return room


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "310"),
        ({"status": "closed"}, "42"),
        ({"status": "all"}, "43210"),
        ({"status": "all", "direction": "asc", "limit": "2"}, "01"),
        ({"status": "all", "symbols": "nvda,TSLA"}, "1"),
        ({"status": "all", "side": "sell", "nested": "True"}, "3"),
        ({"status": "all", "after": 1, "until": 4}, "32"),
    ],
)
def test_the_query_lets_through_what_it_says(room, query, names):
    (trader,) = room.floor.traders.values()
    orders = list(trader.orders.values())
    query = {
        name: rfc3339(orders[found].created_at) if isinstance(found, int) else found for name, found in query.items()
    }
    chosen = parse_order_list(query).choose(orders)
    assert "".join(order.client_order_id for order in chosen) == names


@pytest.mark.parametrize(("name", "names"), [("after_order_id", "43"), ("before_order_id", "10")])
def test_an_order_can_be_the_end_of_a_list(room, name, names):
    (trader,) = room.floor.traders.values()
    middle = trader.by_client_order_id("2")
    wanted = parse_order_list({"status": "all", name: str(middle.order_id)})
    assert "".join(order.client_order_id for order in wanted.choose(trader.orders.values(), trader.orders)) == names
    with pytest.raises(Rejection) as caught:
        parse_order_list({name: str(UUID(int=7))}).choose(trader.orders.values(), trader.orders)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    "query",
    [
        {"status": "new"},
        {"limit": "0"},
        {"limit": "٣"},
        {"after": "x"},
        {"direction": "up"},
        {"after_order_id": "x"},
        {"after_order_id": str(UUID(int=1)), "before_order_id": str(UUID(int=2))},
        {"after_order_id": str(UUID(int=1)), "until": "2026-11-20"},
    ],
)
def test_a_query_that_cannot_be_read_is_422(query):
    with pytest.raises(Rejection) as caught:
        parse_order_list(query)
    assert (caught.value.status, caught.value.code) == (422, 40010001)


def test_pages_of_fills_are_all_fills_once(room):
    (trader,) = room.floor.traders.values()
    for direction in ("asc", "desc"):
        found: list[str] = []
        while page := Activities.parse(
            {"page_size": "1", "direction": direction, "page_token": found[-1] if found else ""}
        ).choose(trader.executions):
            found += [activity_fields(execution)["id"] for execution in page]
        assert len(found) == len(set(found)) == len(trader.executions) > 1
    assert Activities.parse({"date": "2026-11-20"}).choose(trader.executions)
    assert not Activities.parse({"date": "2026-11-19"}).choose(trader.executions)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("100.10", "100.1"),
        ("1E+3", "1000"),
        ("-0.0", "0"),
        ("0.1234567891", "0.123456789"),
        ("-2.50", "-2.5"),
        ("0", "0"),
    ],
)
def test_amounts_are_written_plainly(number, text):
    assert amount(Decimal(number)) == text
