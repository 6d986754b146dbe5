"""The ticket: whatever a client posts, it is read in full or refused beside its field, and nothing raises."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import OrderClass, OrderType, Side, TimeInForce
from orders.client_id import client_order_id
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
    *cases("qty", float("inf"), [], {}, None, True, False, 10**400, -(10**400), "1_000", "0x10", ""),
    *cases("qty", " ", "ten", "1,000", "1.0000000001", "1e-10", HUGE, "10\x00", b"10", [10], {"a": 1}, "--1", "1e1000000000"),
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
    *cases("order_class", "Bracket", "mleg", 1, True, [], {}, "none", HUGE),
    *cases("extended_hours", 1, 0, "yes", "True", [], {}, 0.0, float("nan"), "on", b"true"),
    *cases("notional", 100, "100", "x", True, [], {}, 0, -1),  # beside a quantity
    *cases("ticket", None, "", "short", "x" * 65, 12345678, [], {}, "12345678 ", "12345678\n", "１２３４５６７８"),
    ("ticket", HUGE),
]  # fmt: skip


STOP = {**GOOD, "type": "stop", "stop_price": "99", "limit_price": ""}
STOP_LIMIT = {**GOOD, "type": "stop_limit", "stop_price": "99"}
BY_PRICE = {**GOOD, "type": "trailing_stop", "trail_price": "1.5"}
BY_PERCENT = {**GOOD, "type": "trailing_stop", "trail_percent": "1.5", "trail_price": " "}
MONEY = {**GOOD, "type": "market", "qty": "", "notional": "500.50"}
BRACKET = {**GOOD, "order_class": "bracket", "take_profit_price": "105", "stop_loss_price": "98.50"}
OCO = {**BRACKET, "side": "sell", "order_class": "oco", "stop_loss_limit_price": "98"}
OTO = {**GOOD, "order_class": "oto", "stop_loss_price": "98.50", "take_profit_price": ""}
COIN = {**GOOD, "symbol": "BTC/USD", "qty": "0.0125", "limit_price": "50000.123456789", "time_in_force": "gtc"}
RARER = [STOP, STOP_LIMIT, BY_PRICE, BY_PERCENT, MONEY, BRACKET, OCO, OTO, COIN]

BAD_PRICES = [0, -1, "NaN", "inf", True, [], {}, "100.123", "0.00001", 1e308, HUGE, 10**5000, "１００", b"1"]
RARER_HOSTILE = [
    *[(STOP, "stop_price", value) for value in [*BAD_PRICES, "", None]],
    *[(STOP_LIMIT, field, value) for field in ("stop_price", "limit_price") for value in [*BAD_PRICES, "", None]],
    *[(BY_PRICE, "trail_price", value) for value in [*BAD_PRICES, "", None]],
    *[(BY_PERCENT, "trail_percent", value) for value in [0, -1, "0.09", 100, "1e3", "NaN", True, [], "1.0000000001"]],
    *[(MONEY, "notional", value) for value in [0, -1, "0.99", "10.001", 1e308, "NaN", True, [], {}, HUGE, 10**400]],
    *[
        (BRACKET, field, value)
        for field in ("take_profit_price", "stop_loss_price")
        for value in [*BAD_PRICES, "", None]
    ],
    *[(OCO, "take_profit_price", value) for value in [*BAD_PRICES, "", None]],
    *[(OCO, "stop_loss_limit_price", value) for value in BAD_PRICES],
    *[(OTO, "stop_loss_price", value) for value in BAD_PRICES],
    *[(COIN, "qty", value) for value in ["0.0000000001", 0, "1e-10", "-0.1"]],
    *[(COIN, "limit_price", value) for value in ["50000.1234567891", 0, "NaN", ""]],
]


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


@pytest.mark.parametrize(
    ("values", "field", "value"),
    RARER_HOSTILE,
    ids=[f"{number}-{case[1]}" for number, case in enumerate(RARER_HOSTILE)],
)
def test_a_hostile_value_of_a_rarer_field_is_refused_beside_it(values: dict[str, Any], field: str, value: Any) -> None:
    ticket, errors = parse_ticket({**values, field: value})
    assert ticket is None and set(errors) == {field}
    assert errors[field].endswith(".") and len(errors[field]) < 120


@pytest.mark.parametrize("values", [None, [], "x", 7, True, [GOOD], b"{}"])
def test_what_is_no_ticket_at_all_is_told_about_the_ticket(values: Any) -> None:
    assert parse_ticket(values) == (None, {"ticket": "The ticket could not be read. Load the page again."})


def test_all_errors_are_told_at_once() -> None:
    ticket, errors = parse_ticket({"type": "limit"})
    assert ticket is None
    assert set(errors) == {"symbol", "side", "qty", "limit_price", "time_in_force", "ticket"}


def test_what_breaks_a_rule_is_told_together_with_what_cannot_be_read() -> None:
    _, errors = parse_ticket({**GOOD, "qty": "ten", "limit_price": "", "extended_hours": True, "time_in_force": "ioc"})
    assert set(errors) == {"qty", "limit_price", "extended_hours"}


@pytest.mark.parametrize("trails", [{}, {"trail_price": "1", "trail_percent": "1"}])
def test_a_trailing_stop_has_one_trail(trails: dict[str, str]) -> None:
    _, errors = parse_ticket({**GOOD, "type": "trailing_stop", **trails})
    assert errors == {"trail_price": "Trailing stop orders must specify one of trail_price or trail_percent."}


@pytest.mark.parametrize("qty", [10, "10", 10.0, " 10 ", "1e1", "10.0", "+10", "0010"])
def test_every_way_to_write_ten_is_ten(qty: Any) -> None:
    ticket, errors = parse_ticket({**GOOD, "qty": qty})
    assert not errors and ticket is not None and ticket.qty == 10


def test_a_ticket_is_read_whole() -> None:
    ticket, _ = parse_ticket({**GOOD, "symbol": " aapl ", "side": "sell"})
    price = Decimal("100.25")
    assert ticket == Ticket("AAPL", Side.SELL, Decimal(10), OrderType.LIMIT, TimeInForce.DAY, price, GOOD["nonce"])


def read(values: dict[str, Any]) -> Ticket:
    ticket, errors = parse_ticket(values)
    assert ticket is not None, errors
    return ticket


def test_every_type_and_class_is_read_whole_and_with_nothing_else() -> None:
    limit = read(GOOD)
    price, stop = limit.limit_price, Decimal(99)
    assert read(STOP) == replace(limit, type=OrderType.STOP, limit_price=None, stop_price=stop)
    assert read(STOP_LIMIT) == replace(limit, type=OrderType.STOP_LIMIT, limit_price=price, stop_price=stop)
    trailing = replace(limit, type=OrderType.TRAILING_STOP, limit_price=None)
    assert read(BY_PRICE) == replace(trailing, trail_price=Decimal("1.5"))
    assert read(BY_PERCENT) == replace(trailing, trail_percent=Decimal("1.5"))
    money = replace(limit, type=OrderType.MARKET, limit_price=None, qty=Decimal(0), notional=Decimal("500.50"))
    assert read(MONEY) == money
    assert read({**GOOD, "extended_hours": True}) == replace(limit, extended_hours=True)


def test_the_orders_that_come_with_one_are_read_whole() -> None:
    limit, gain, loss = read(GOOD), Decimal(105), Decimal("98.50")
    both = replace(limit, order_class=OrderClass.BRACKET, take_profit_price=gain, stop_loss_price=loss)
    assert read(BRACKET) == both
    assert read(OTO) == replace(limit, order_class=OrderClass.OTO, stop_loss_price=loss)
    oco = replace(both, side=Side.SELL, order_class=OrderClass.OCO, stop_loss_limit_price=Decimal(98))
    assert read(OCO) == replace(oco, limit_price=gain), "the limit of an OCO is its take-profit"


@pytest.mark.parametrize(
    ("written", "truth"), [(True, True), (False, False), (None, False), ("", False), ("true", True)]
)
def test_extended_hours_are_off_unless_they_are_on(written: Any, truth: bool) -> None:
    assert read({**GOOD, "extended_hours": written}).extended_hours is truth


@pytest.mark.parametrize(
    "field", ["stop_price", "trail_price", "trail_percent", "take_profit_price", "stop_loss_price"]
)
def test_what_the_type_and_class_do_not_use_is_not_looked_at(field: str) -> None:
    assert read({**GOOD, field: "junk"}) == read(GOOD)


@pytest.mark.parametrize("qty", ["1.5", 0.1, "1e-3", ".5", "0.000000001"])
def test_parts_of_a_share_are_read_exactly(qty: Any) -> None:
    assert read({**GOOD, "qty": qty}).qty == Decimal(str(qty))


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


def test_tickets_that_differ_in_any_field_are_not_the_same_to_a_person() -> None:
    tickets: list[dict[str, Any]] = [
        GOOD,
        *RARER,
        {**GOOD, "extended_hours": True},
        {**BRACKET, "stop_loss_price": "98.51"},
    ]
    tickets += [{**OCO, "stop_loss_limit_price": ""}, {**STOP, "stop_price": "99.01"}, {**MONEY, "notional": 500}]
    assert len({fields_of(read(values)) for values in tickets}) == len(tickets)
    assert len({client_order_id("A", read(values)) for values in tickets}) == len(tickets)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


NAMES = sorted({name for values in [GOOD, *RARER] for name in values} | {"extended_hours"})
WORDS = st.sampled_from([*OrderType, *TimeInForce, *OrderClass, *Side]) | st.sampled_from(["1", "9.5", 100, True, ""])
MIXED = st.builds(
    lambda base, changes: {**base, **changes},
    st.sampled_from([{}, GOOD, *RARER]),
    st.dictionaries(st.sampled_from(NAMES), ANYTHING | WORDS),
)


@settings(max_examples=1_500, deadline=None)
@given(MIXED | ANYTHING)
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
        assert 0 < ticket.qty <= MOST_QTY and ticket.qty == round(ticket.qty, 9)
        assert 0 < ticket.limit_price <= MOST_QTY
    else:
        assert set(errors) == {field}
