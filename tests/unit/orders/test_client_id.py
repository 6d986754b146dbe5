"""The client order id: golden values hold it still, and no two different tickets share one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import OrderType, Side, TimeInForce
from orders.client_id import client_order_id
from orders.ticket import Ticket

MARKET = Ticket("AAPL", Side.BUY, Decimal(10), OrderType.MARKET, TimeInForce.DAY, None, "nonce-00")
LIMIT = replace(MARKET, type=OrderType.LIMIT, limit_price=Decimal("100.25"), side=Side.SELL)


@pytest.mark.parametrize(
    ("account_id", "ticket", "golden"),
    [
        ("A", MARKET, "td-ouudgsiy722eo7mwdyhiqbx5"),
        ("A", LIMIT, "td-txlntt4rakeknkfn3rh3qbn7"),
        ("e6fe16f3-64a4-4921-8928-cadf02f92f98", LIMIT, "td-qyy27vdhi76dnz23z6n65xzy"),
    ],
)
def test_the_id_of_a_ticket_never_changes(account_id: str, ticket: Ticket, golden: str) -> None:
    """If this fails, a ticket that was sent by the version before could be sent a second time by this one."""
    assert client_order_id(account_id, ticket) == golden


def test_the_id_is_short_and_plain() -> None:
    made = client_order_id("A", LIMIT)
    assert len(made) == 27 and made.startswith("td-") and made == made.lower() and made[3:].isalnum()


@pytest.mark.parametrize("same", [Decimal("10.0"), Decimal("1E1"), Decimal("10.000000")])
def test_the_same_number_written_otherwise_is_the_same_order(same: Decimal) -> None:
    assert client_order_id("A", replace(MARKET, qty=same)) == client_order_id("A", MARKET)


TICKETS = st.builds(
    Ticket,
    st.sampled_from(["A", "AA", "B"]),
    st.sampled_from(Side),
    st.sampled_from([Decimal(1), Decimal(10), Decimal(11)]),
    st.sampled_from(OrderType),
    st.sampled_from(TimeInForce),
    st.none() | st.sampled_from([Decimal(1), Decimal("1.1"), Decimal("11")]),
    st.sampled_from(["nonce-00", "nonce-000", "A"]),
)


@settings(max_examples=500)
@given(st.sampled_from(["A", "AA"]), TICKETS, st.sampled_from(["A", "AA"]), TICKETS)
def test_two_tickets_share_an_id_only_if_they_are_equal(one: str, first: Ticket, two: str, second: Ticket) -> None:
    assert (client_order_id(one, first) == client_order_id(two, second)) == ((one, first) == (two, second))
