"""The options of the order command: which type, class and time in force they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from order_commands import ticket_form
from orders.ticket import parse_ticket

NOTHING = dict.fromkeys(
    [
        *("qty", "notional", "limit_price", "stop_price", "trail_price", "trail_percent", "take_profit_price"),
        *("stop_loss_price", "stop_loss_limit_price"),
    ]
)
BUY = {**NOTHING, "symbol": "AAPL", "side": "buy", "qty": "10"}
REST = {"time_in_force": "", "order_class": "", "extended_hours": False}


def form(**given: Any) -> dict[str, Any]:
    return ticket_form({**BUY, **REST, **given})


@pytest.mark.parametrize(
    ("given", "kind", "order_class"),
    [
        ({}, "market", "simple"),
        ({"limit_price": "99"}, "limit", "simple"),
        ({"stop_price": "99"}, "stop", "simple"),
        ({"stop_price": "99", "limit_price": "98"}, "stop_limit", "simple"),
        ({"trail_price": "1"}, "trailing_stop", "simple"),
        ({"trail_percent": "1"}, "trailing_stop", "simple"),
        ({"qty": None, "notional": "500"}, "market", "simple"),
        ({"take_profit_price": "105"}, "market", "oto"),
        ({"stop_loss_price": "95", "limit_price": "100"}, "limit", "oto"),
        ({"take_profit_price": "105", "stop_loss_price": "95"}, "market", "bracket"),
        ({"take_profit_price": "105", "stop_loss_price": "95", "order_class": "oco", "side": "sell"}, "limit", "oco"),
    ],
    ids=str,
)
def test_the_options_say_the_type_and_the_class(given: dict[str, Any], kind: str, order_class: str) -> None:
    ticket, errors = parse_ticket(form(**given))
    assert ticket is not None, errors
    assert (ticket.type, ticket.order_class) == (kind, order_class)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"qty": None}, "qty"),
        ({"notional": "5"}, "notional"),
        ({"order_class": "oco", "take_profit_price": "5"}, "stop_loss_price"),
        ({"order_class": "bracket"}, "take_profit_price"),
        ({"trail_price": "1", "trail_percent": "1"}, "trail_price"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_told(given: dict[str, Any], field: str) -> None:
    assert field in parse_ticket(form(**given))[1]


@pytest.mark.parametrize(("symbol", "tif"), [("AAPL", "day"), ("BTC/USD", "gtc"), ("btc/usd", "gtc")])
def test_a_coin_is_ordered_until_canceled_and_a_share_for_the_day(symbol: str, tif: str) -> None:
    assert form(symbol=symbol)["time_in_force"] == tif
    assert form(symbol=symbol, time_in_force="ioc")["time_in_force"] == "ioc"
