"""The exposure: the worst price and value of each type, and what open orders may still fill together."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.order import Order, OrderType, Side
from orders.exposure import most_shares, order_value, reserved_value, waiting_shares, worst_price
from tests.unit.orders.samples import order, ticket

COLLAR = Decimal("0.05")
FAR = Decimal(100)
OPTION = "AAPL261218C00200000"

WORST: list[tuple[str, Side, dict[str, Any], str]] = [
    ("market", Side.BUY, {}, "100"),
    ("market", Side.SELL, {}, "100"),
    ("limit", Side.BUY, {"limit_price": "90"}, "90"),
    ("limit", Side.BUY, {"limit_price": "103"}, "103"),
    ("limit", Side.SELL, {"limit_price": "90"}, "100"),
    ("limit", Side.SELL, {"limit_price": "130"}, "130"),
    ("stop", Side.BUY, {"stop_price": "110"}, "110"),
    ("stop", Side.BUY, {"stop_price": "90"}, "100"),
    ("stop", Side.SELL, {"stop_price": "90"}, "100"),
    ("stop", Side.SELL, {"stop_price": "120"}, "120"),
    ("stop_limit", Side.BUY, {"stop_price": "110", "limit_price": "112"}, "112"),
    ("stop_limit", Side.SELL, {"stop_price": "90", "limit_price": "88"}, "100"),
    ("trailing_stop", Side.BUY, {"trail_price": "4"}, "104"),
    ("trailing_stop", Side.BUY, {"trail_percent": "2.5"}, "102.5"),
    ("trailing_stop", Side.SELL, {"trail_percent": "50"}, "100"),
]


def asked(kind: str, side: Side, changes: dict[str, Any]) -> Any:
    return ticket(type=OrderType(kind), side=side, **{name: Decimal(value) for name, value in changes.items()})


@pytest.mark.parametrize(("kind", "side", "changes", "price"), WORST)
def test_the_worst_price_of_each_type(kind: str, side: Side, changes: dict[str, Any], price: str) -> None:
    made = asked(kind, side, changes)
    assert worst_price(made, FAR) == Decimal(price)
    assert order_value(made, FAR) == 10 * Decimal(price)
    top = 1 if "limit" in kind else Decimal("1.05")
    assert reserved_value(made, FAR, COLLAR) == 10 * Decimal(price) * top


def test_an_amount_of_money_is_worth_itself_and_may_buy_more_shares_if_the_price_falls() -> None:
    money = ticket(qty=Decimal(0), notional=Decimal(950))
    assert order_value(money, FAR) == reserved_value(money, FAR, COLLAR) == 950
    assert most_shares(money, FAR, COLLAR) == 10
    assert most_shares(money, Decimal(0), COLLAR) == Decimal("Infinity")


def test_an_option_is_for_a_hundred_shares() -> None:
    contract = ticket(symbol=OPTION, qty=Decimal(2))
    assert order_value(contract, Decimal("3.50")) == 700
    assert most_shares(contract, Decimal("3.50"), COLLAR) == 2


def sell(client_order_id: str, qty: int = 10, **changes: Any) -> Order:
    return order(client_order_id, side=Side.SELL, qty=Decimal(qty), **{"order_id": f"B-{client_order_id}", **changes})


def waiting(orders: list[Order], side: Side = Side.SELL, price: Decimal = FAR) -> Decimal:
    return waiting_shares(orders, "AAPL", side, price, COLLAR)


ENTRY = order("td-entry", order_id="B-entry", order_class="bracket")
PROFIT, LOSS = (sell(name, parent_id="B-entry", state="held") for name in ("profit", "loss"))

TOGETHER: list[tuple[str, list[Order], int]] = [
    ("two orders", [sell("a"), sell("b", 5)], 15),
    ("another symbol", [sell("a", symbol="MSFT")], 0),
    ("another side", [ENTRY], 0),
    ("without an answer", [sell("a", order_id="", state="unknown"), sell("b", order_id="", state="sending")], 20),
    ("an exit and its twin", [PROFIT, LOSS], 10),
    ("twins whose entry is waiting", [ENTRY, PROFIT, LOSS], 0),
    ("twins whose entry is half filled", [order("td-entry", order_id="B-entry", filled_qty=Decimal(4)), PROFIT, LOSS], 4),
    ("an OCO, which is its own parent", [sell("oco"), sell("leg", parent_id="B-oco")], 10),
    ("an OCO, half filled", [sell("oco", filled_qty=Decimal(6)), sell("leg", 4, parent_id="B-oco")], 4),
    ("a replacement and what it replaces", [sell("old", state="pending_replace"), sell("new", 12, replaces="B-old")], 22),
    ("done", [sell("a", state="filled"), sell("b", state="replaced")], 0),
]  # fmt: skip


@pytest.mark.parametrize(("orders", "shares"), [case[1:] for case in TOGETHER], ids=[case[0] for case in TOGETHER])
def test_orders_that_hang_together_count_once(orders: list[Order], shares: int) -> None:
    assert waiting(orders) == shares
    assert waiting(orders[::-1]) == shares


def test_an_open_order_for_an_amount_of_money_counts_the_shares_that_it_may_get() -> None:
    money = order(qty=Decimal(0), notional=Decimal(950), filled_qty=Decimal(4))
    assert waiting([money], Side.BUY) == 6
    assert waiting([money], Side.BUY, Decimal(0)) == Decimal("Infinity")
    assert waiting([order(qty=Decimal(0), notional=Decimal(950), state="canceled")], Side.BUY) == 0
