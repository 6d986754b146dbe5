"""Alpaca's rules: what it would refuse is refused before it is sent, beside the field that is wrong, and nothing else is."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest

from domain.order import OrderClass, OrderType, Side, TimeInForce
from orders.rules import RULES, broken_rules
from orders.ticket import Ticket
from tests.unit.orders.samples import ticket

COIN, CONTRACT = "BTC/USD", "AAPL261218C00200000"
STOCK_TIMES = {
    OrderType.MARKET: set(TimeInForce),
    OrderType.LIMIT: set(TimeInForce),
    OrderType.STOP: {TimeInForce.DAY, TimeInForce.GTC},
    OrderType.STOP_LIMIT: {TimeInForce.DAY, TimeInForce.GTC},
    OrderType.TRAILING_STOP: {TimeInForce.DAY, TimeInForce.GTC},
}
"""The table of "Orders at Alpaca"."""


def made(**changes: Any) -> Ticket:
    """An ordinary ticket; numbers may be written as such."""
    names = ("qty", "notional", "limit_price", "stop_price", "take_profit_price", "stop_loss_price")
    return ticket(**{name: Decimal(str(value)) if name in names else value for name, value in changes.items()})


@pytest.mark.parametrize(("kind", "time_in_force"), list(itertools.product(OrderType, TimeInForce)))
def test_types_and_times_of_shares(kind: OrderType, time_in_force: TimeInForce) -> None:
    found = broken_rules(made(type=kind, time_in_force=time_in_force))
    assert (not found) is (time_in_force in STOCK_TIMES[kind])
    assert set(found) <= {"time_in_force"}


@pytest.mark.parametrize(("kind", "time_in_force"), list(itertools.product(OrderType, TimeInForce)))
def test_types_and_times_of_coins(kind: OrderType, time_in_force: TimeInForce) -> None:
    found = broken_rules(made(symbol=COIN, type=kind, time_in_force=time_in_force, qty="0.5"))
    types = {OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT}
    wrong = {"type"} if kind not in types else set()
    wrong |= {"time_in_force"} if time_in_force not in (TimeInForce.GTC, TimeInForce.IOC) else set()
    assert set(found) == wrong


@pytest.mark.parametrize(("kind", "time_in_force"), list(itertools.product(OrderType, TimeInForce)))
def test_types_and_times_of_contracts(kind: OrderType, time_in_force: TimeInForce) -> None:
    fine = {(OrderType.MARKET, TimeInForce.DAY), (OrderType.LIMIT, TimeInForce.DAY), (OrderType.LIMIT, TimeInForce.GTC)}
    found = broken_rules(made(symbol=CONTRACT, type=kind, time_in_force=time_in_force))
    assert (not found) is ((kind, time_in_force) in fine)


LIMIT, GTC, IOC = OrderType.LIMIT, TimeInForce.GTC, TimeInForce.IOC
BRACKET = {"order_class": OrderClass.BRACKET, "take_profit_price": 105, "stop_loss_price": 95}
SHORT = {"order_class": OrderClass.BRACKET, "take_profit_price": 95, "stop_loss_price": 105, "side": Side.SELL}
OCO = {**BRACKET, "order_class": OrderClass.OCO, "side": Side.SELL, "type": LIMIT, "limit_price": 105}
COVER = {**OCO, "side": Side.BUY, "take_profit_price": 95, "stop_loss_price": 105, "limit_price": 95}
OTO = {"order_class": OrderClass.OTO}

FINE: list[dict[str, Any]] = [
    {"qty": "1.5"},
    {"qty": "0.000000001", "type": LIMIT, "limit_price": 100},
    {"qty": 0, "notional": 1},
    {"qty": 0, "notional": 500, "type": OrderType.STOP},
    {"extended_hours": True, "type": LIMIT},
    {"extended_hours": True, "type": LIMIT, "time_in_force": GTC},
    {"symbol": COIN, "qty": "0.0001", "type": LIMIT, "limit_price": 100_000, "time_in_force": GTC},
    {"symbol": COIN, "qty": 0, "notional": 10, "time_in_force": IOC},
    {"symbol": CONTRACT, "qty": 3},
    BRACKET,
    {**BRACKET, "type": LIMIT, "limit_price": 100, "time_in_force": GTC},
    {**BRACKET, "type": LIMIT, "limit_price": "104.99"},
    {**BRACKET, "type": LIMIT, "limit_price": "95.01"},
    SHORT,
    {**SHORT, "type": LIMIT, "limit_price": 100},
    OCO,
    COVER,
    {**OTO, "take_profit_price": 105},
    {**OTO, "stop_loss_price": 95, "type": LIMIT, "limit_price": 100},
]

BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"qty": "1.5", "time_in_force": GTC}, "time_in_force", "Fractional orders must be DAY orders."),
    ({"qty": 0, "notional": 5, "time_in_force": IOC}, "time_in_force", "Fractional orders must be DAY orders."),
    ({"qty": "1.5", "type": OrderType.TRAILING_STOP}, "type", "Fractional orders must be market, limit, stop, or"),
    ({**BRACKET, "qty": "1.5"}, "order_class", "Fractional orders must be simple orders."),
    ({**BRACKET, "qty": 0, "notional": 500}, "order_class", "Fractional orders must be simple orders."),
    ({"qty": 0, "notional": "0.99"}, "notional", "Notional must be >= 1.00."),
    ({"extended_hours": True}, "extended_hours", "Extended hours order must be DAY or GTC limit orders."),
    ({"extended_hours": True, "type": OrderType.STOP}, "extended_hours", "Extended hours order must be DAY or GTC"),
    ({"extended_hours": True, "type": LIMIT, "time_in_force": IOC}, "extended_hours", "Extended hours order must be"),
    ({**BRACKET, "extended_hours": True, "type": LIMIT, "limit_price": 100}, "extended_hours", "Extended hours order"),
    (
        {"symbol": COIN, "order_class": OrderClass.OTO, "stop_loss_price": 1, "time_in_force": GTC},
        "order_class",
        "Crypto",
    ),
    ({"symbol": COIN, "qty": 0, "notional": "9.99", "time_in_force": GTC}, "notional", "Cost basis must be >= minimal"),
    (
        {"symbol": COIN, "qty": "0.0001", "type": LIMIT, "limit_price": 99_999, "time_in_force": GTC},
        "qty",
        "Cost basis must be >= minimal amount of order 10.",
    ),
    ({"symbol": CONTRACT, "qty": "1.5"}, "qty", "Qty must be integer for options trading."),
    ({"symbol": CONTRACT, "qty": 0, "notional": 100}, "notional", "Notional orders are not supported for options"),
    ({"symbol": CONTRACT, "extended_hours": True, "type": LIMIT}, "extended_hours", "Extended hours is not supported"),
    ({**BRACKET, "symbol": CONTRACT}, "order_class", "Complex orders not supported for options trading."),
    ({**BRACKET, "time_in_force": IOC}, "time_in_force", "Bracket, OCO and OTO orders must be DAY or GTC orders."),
    ({**BRACKET, "type": OrderType.STOP}, "type", "Bracket and OTO orders must be market or limit orders."),
    ({**OCO, "type": OrderType.MARKET, "limit_price": 1}, "type", "Oco orders must be limit orders."),
    (OTO, "order_class", "Oto orders require either take_profit or stop_loss"),
    ({**BRACKET, "order_class": OrderClass.OTO}, "order_class", "Oto orders require either take_profit or stop_loss"),
    (
        {**BRACKET, "take_profit_price": 95},
        "take_profit_price",
        "Take_profit.limit_price must be > stop_loss.stop_price.",
    ),
    (
        {**SHORT, "take_profit_price": 105},
        "take_profit_price",
        "Take_profit.limit_price must be < stop_loss.stop_price.",
    ),
    ({**OCO, "stop_loss_price": 106}, "take_profit_price", "Take_profit.limit_price must be > stop_loss.stop_price."),
    ({**COVER, "stop_loss_price": 94}, "take_profit_price", "Take_profit.limit_price must be < stop_loss.stop_price."),
    (
        {**BRACKET, "type": LIMIT, "limit_price": 105},
        "take_profit_price",
        "Take_profit.limit_price must be >= base_price + 0.01.",
    ),
    (
        {**BRACKET, "type": LIMIT, "limit_price": 95},
        "stop_loss_price",
        "Stop_loss.stop_price must be <= base_price - 0.01.",
    ),
    (
        {**SHORT, "type": LIMIT, "limit_price": 95},
        "take_profit_price",
        "Take_profit.limit_price must be <= base_price - 0.01.",
    ),
    (
        {**SHORT, "type": LIMIT, "limit_price": 105},
        "stop_loss_price",
        "Stop_loss.stop_price must be >= base_price + 0.01.",
    ),
    (
        {**OTO, "stop_loss_price": 100, "type": LIMIT, "limit_price": 100},
        "stop_loss_price",
        "Stop_loss.stop_price must be <= base_price - 0.01.",
    ),
]


@pytest.mark.parametrize("changes", FINE, ids=str)
def test_what_alpaca_takes_breaks_no_rule(changes: dict[str, Any]) -> None:
    assert broken_rules(made(**changes)) == {}


@pytest.mark.parametrize(("changes", "field", "reason"), BROKEN, ids=[f"{case[1]}-{case[2][:40]}" for case in BROKEN])
def test_what_alpaca_refuses_is_told_beside_its_field(changes: dict[str, Any], field: str, reason: str) -> None:
    found = broken_rules(made(**changes))
    assert list(found) == [field] and found[field].startswith(reason)


def test_a_rule_over_a_field_that_could_not_be_read_is_left_out() -> None:
    broken = made(qty="1.5", time_in_force=GTC)
    assert broken_rules(broken, ("side",)) and not broken_rules(broken, ("qty",))


def test_every_rule_is_broken_by_a_case_and_says_where_it_comes_from() -> None:
    tickets = [made(**changes) for changes, _, _ in BROKEN]
    stocks = [made(type=kind, time_in_force=IOC) for kind in OrderType]
    coins = [made(symbol=COIN, type=kind) for kind in OrderType]
    contracts = [made(symbol=CONTRACT, type=kind, time_in_force=IOC) for kind in OrderType]
    for rule in RULES:
        assert any(rule.broken(each) for each in [*tickets, *stocks, *coins, *contracts]), rule.reason
        assert rule.source and rule.reason.endswith(".")
