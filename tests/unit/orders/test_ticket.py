"""The ticket: whatever a client posts, it is read in full or refused beside its field, and nothing raises."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import OrderType, Side, TimeInForce
from orders.ticket import MOST_QTY, Ticket, fields_of, parse_ticket

GOOD = {
    "symbol": "AAPL",
    "side": "buy",
    "qty": "10",
    "type": "limit",
    "limit_price": "100.25",
    "time_in_force": "day",
    "nonce": "12345678-abcd",
}

HUGE = "9" * 1_000_000


def cases(field: str, *values: Any) -> list[tuple[str, Any]]:
    return [(field, value) for value in values]


HOSTILE = [
    *cases("qty", 0, -1, "0", "-1", "-0", "1e308", 1e308, "NaN", "inf", "-Infinity", "sNaN", float("nan")),
    *cases("qty", float("inf"), [], {}, None, True, False, 10**400, -(10**400), "1_000", 0.1, "0x10", ""),
    *cases("qty", " ", "ten", "1,000", "1.5", "1e-3", HUGE, "10\x00", b"10", [10], {"a": 1}, "--1", "1e1000000000"),
    *cases("qty", "1e999999999999999999", "10 10", "+-1", "٣", "１０", "½", 10**9 + 1, 1e17),
    *cases("qty", "10;", 10**5000, object()),
    *cases("limit_price", 0, -1, "NaN", "inf", None, "", True, [], {}, "100.123", "0.00001", 1e308, HUGE),
    *cases("limit_price", 10**400, "1_0", "0x10", "１００", "1e-30", 10**5000, "1.001", "99999999999"),
    *cases("limit_price", 0.1 + 0.2, b"1"),
    *cases("symbol", "", None, 7, [], "aapl;", "<b>", "A" * 16, "AA PL", ".A", "ÄÖ", "ＡＡＰＬ", HUGE),
    *cases("symbol", "ß", "AAPL\x00", "ſPY"),
    *cases("side", "", None, "BUY", "long", 1, True, [], {}, "buy ", HUGE),
    *cases("type", "", None, "iceberg", "MARKET", [], {}, 0),
    *cases("time_in_force", "", None, "gtx", "DAY", [], {}, -1),
    *cases("ticket", None, "", "short", "x" * 65, 12345678, [], {}, "12345678 ", "12345678\n", "１２３４５６７８"),
    ("ticket", HUGE),
]  # fmt: skip


def shown(case: tuple[str, Any]) -> str:
    try:
        return f"{case[0]}-{case[1]!r}"[:40]
    except ValueError:
        return f"{case[0]}-int"


@pytest.mark.parametrize("case", HOSTILE, ids=[f"{number}-{field}" for number, (field, _) in enumerate(HOSTILE)])
def test_a_hostile_value_is_refused_beside_its_own_field_and_no_other(case: tuple[str, Any]) -> None:
    field, value = case
    ticket, errors = parse_ticket({**GOOD, "nonce" if field == "ticket" else field: value})
    assert ticket is None and set(errors) == {field}, shown(case)
    assert errors[field].endswith(".") and len(errors[field]) < 120


@pytest.mark.parametrize("values", [None, [], "x", 7, True, [GOOD], b"{}"])
def test_what_is_no_ticket_at_all_is_told_about_the_ticket(values: Any) -> None:
    assert parse_ticket(values) == (None, {"ticket": "The ticket could not be read. Load the page again."})


def test_all_errors_are_told_at_once() -> None:
    ticket, errors = parse_ticket({"type": "limit"})
    assert ticket is None
    assert set(errors) == {"symbol", "side", "qty", "limit_price", "time_in_force", "ticket"}


@pytest.mark.parametrize("qty", [10, "10", 10.0, " 10 ", "1e1", "10.0", "+10", "0010"])
def test_every_way_to_write_ten_is_ten(qty: Any) -> None:
    ticket, errors = parse_ticket({**GOOD, "qty": qty})
    assert not errors and ticket is not None and ticket.qty == 10


def test_a_ticket_is_read_whole() -> None:
    ticket, _ = parse_ticket({**GOOD, "symbol": " aapl ", "side": "sell"})
    price = Decimal("100.25")
    assert ticket == Ticket("AAPL", Side.SELL, Decimal(10), OrderType.LIMIT, TimeInForce.DAY, price, GOOD["nonce"])


@pytest.mark.parametrize("price", ["0.0001", "0.9999", "1", "1.01", 100.1, MOST_QTY.__str__()])
def test_prices_on_the_tick_are_taken(price: Any) -> None:
    ticket, errors = parse_ticket({**GOOD, "limit_price": price})
    assert not errors and ticket is not None and ticket.limit_price == Decimal(str(price))


@pytest.mark.parametrize("price", ["", None, "junk", -5, [], "NaN"])
def test_a_market_order_has_no_price_whatever_stands_in_the_field(price: Any) -> None:
    ticket, errors = parse_ticket({**GOOD, "type": "market", "limit_price": price})
    assert not errors and ticket is not None and ticket.limit_price is None


def test_the_same_ticket_with_another_mark_is_the_same_to_a_person() -> None:
    one, other = (
        parse_ticket({**GOOD, "nonce": nonce, "qty": qty})[0] for nonce, qty in (("a" * 8, 10), ("b" * 8, "1e1"))
    )
    assert one and other and fields_of(one) == fields_of(other)
    assert fields_of(one) != fields_of(parse_ticket({**GOOD, "qty": 11})[0] or one)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=1_500, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING) | ANYTHING)
def test_nothing_that_can_be_posted_raises(values: Any) -> None:
    ticket, errors = parse_ticket(values)
    assert (ticket is None) == bool(errors)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(["qty", "limit_price"]), st.text("0123456789.eE+-_ xX", max_size=45) | st.integers() | st.floats()
)
def test_what_is_let_through_is_finite_positive_and_of_the_market(field: str, value: Any) -> None:
    ticket, errors = parse_ticket({**GOOD, field: value})
    if ticket is not None and ticket.limit_price is not None:
        assert 0 < ticket.qty <= MOST_QTY and ticket.qty == int(ticket.qty)
        assert 0 < ticket.limit_price <= MOST_QTY
    else:
        assert set(errors) == {field}
