"""What is refused: HTTP status, code, message and further fields as Alpaca gives them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from simulator.rejection import Rejection
from simulator.request_body import parse_body
from simulator.ticket import parse_ticket
from simulator.trader import Configurations
from tests.unit.simulator.room import Room

BRACKET = {
    "order_class": "bracket",
    "take_profit": {"limit_price": "110"},
    "stop_loss": {"stop_price": "90"},
}
TRAILING = {"type": "trailing_stop", "limit_price": None, "trail_percent": "1"}
ORDER = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "100", "time_in_force": "day"}


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


def refused(room: Room, **changed: Any) -> tuple[int, int, str]:
    """A value of None takes the field away."""
    fields = {name: value for name, value in {**ORDER, **changed}.items() if value is not None}
    with pytest.raises(Rejection) as caught:
        room.floor.submit(room.trader(), parse_ticket(fields, room.floor.listings))
    return caught.value.status, caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"symbol": "ZZZZ"}, 42210000, 'asset "ZZZZ" not found'),
        ({"symbol": None}, 40010001, "symbol is required"),
        ({"qty": None}, 40010001, "qty or notional is required"),
        ({"notional": "10"}, 40010001, "only one of qty or notional is accepted"),
        ({"qty": None, "notional": "0.99"}, 42210000, "notional must be >= 1.00"),
        ({"qty": None, "notional": "1.001"}, 42210000, "notional must have at most 2 decimals"),
        ({"qty": None, "notional": "10", "time_in_force": "gtc"}, 42210000, "fractional orders must be DAY orders"),
        ({"qty": "0"}, 40010001, "qty must be > 0"),
        ({"qty": "-1"}, 40010001, "qty must be > 0"),
        ({"qty": "1.5", "time_in_force": "gtc"}, 42210000, "fractional orders must be DAY orders"),
        ({"qty": "1.5", "side": "sell"}, 42210000, "fractional orders cannot be sold short"),
        ({"qty": "1.0000000001"}, 40010001, "qty must have at most 9 decimals"),
        ({"qty": "1.5", **BRACKET}, 42210000, "fractional orders must be simple orders"),
        (
            {"qty": "1.5", **TRAILING},
            42210000,
            "fractional orders must be market, limit, stop, or stop_limit orders",
        ),
        ({"qty": "many"}, 40010001, "invalid qty"),
        ({"qty": "NaN"}, 40010001, "invalid qty"),
        ({"qty": "1e400"}, 40010001, "invalid qty"),
        ({"qty": True}, 40010001, "invalid qty"),
        ({"side": "hold"}, 40010001, "invalid side"),
        ({"type": "guess"}, 40010001, "invalid order type"),
        ({"type": "stop", "limit_price": None}, 40010001, "stop orders require a stop price"),
        ({"type": "stop", "stop_price": "90"}, 40010001, "stop orders require no limit price"),
        ({"type": "stop_limit"}, 40010001, "stop limit orders require both stop and limit price"),
        ({"stop_price": "90"}, 40010001, "limit orders require no stop price"),
        ({"type": "stop_limit", "stop_price": "0"}, 40010001, "stop price must be > 0"),
        ({"type": "stop_limit", "stop_price": "90", "time_in_force": "ioc"}, 42210000, None),
        (
            {**TRAILING, "trail_percent": None},
            40010001,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            {**TRAILING, "trail_price": "1"},
            40010001,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            {**TRAILING, "trail_percent": "0.09"},
            40010001,
            "trail_percent must be greater than or equal to 0.1",
        ),
        ({**TRAILING, "trail_percent": "100"}, 40010001, "trail_percent must be less than 100"),
        ({"trail_price": "1"}, 40010001, "limit orders must not have trail_price or trail_percent"),
        ({"order_class": "mleg"}, 42210000, "mleg orders are not supported"),
        ({"order_class": ["oco"]}, 40010001, "invalid order_class"),
        ({"take_profit": {"limit_price": "110"}}, 42210000, None),
        ({"order_class": "bracket"}, 40010001, "bracket orders require take_profit.limit_price"),
        ({**BRACKET, "stop_loss": None}, 40010001, "bracket orders require stop_loss.stop_price"),
        ({**BRACKET, "stop_loss": []}, 40010001, "bracket orders require stop_loss.stop_price"),
        ({**BRACKET, "stop_loss": "90"}, 40010001, "invalid stop_loss"),
        ({**BRACKET, "stop_loss": {"stop_price": "90.001"}}, 42210000, None),
        ({**BRACKET, "time_in_force": "ioc"}, 42210000, "bracket orders must be DAY or GTC orders"),
        ({**BRACKET, "extended_hours": True}, 42210000, "extended hours order must be DAY or GTC limit orders"),
        (
            {**BRACKET, "take_profit": {"limit_price": "100"}},
            42210000,
            "take_profit.limit_price must be >= base_price + 0.01",
        ),
        (
            {**BRACKET, "stop_loss": {"stop_price": "100"}},
            42210000,
            "stop_loss.stop_price must be <= base_price - 0.01",
        ),
        (
            {**BRACKET, "take_profit": {"limit_price": "80"}},
            42210000,
            "take_profit.limit_price must be > stop_loss.stop_price",
        ),
        (
            {**BRACKET, "order_class": "oto"},
            40010001,
            "oto orders require one of take_profit.limit_price or stop_loss.stop_price",
        ),
        ({**BRACKET, "order_class": "oco", "side": "sell"}, 42210000, "oco orders must be exit orders"),
        ({"symbol": "BTC/USD", "time_in_force": "day"}, 42210000, "invalid crypto time_in_force"),
        (
            {"symbol": "BTCUSD", "type": "stop", "limit_price": None, "stop_price": "9", "time_in_force": "gtc"},
            40010001,
            "invalid order type for crypto order",
        ),
        (
            {**BRACKET, "symbol": "BTC/USD", "time_in_force": "gtc"},
            42210000,
            "crypto orders not allowed for advanced order_class: otoco",
        ),
        ({"time_in_force": "week"}, 40010001, "invalid time_in_force"),
        ({"time_in_force": ["day"]}, 40010001, "invalid time_in_force"),
        ({"limit_price": None}, 40010001, "limit orders require a limit price"),
        ({"limit_price": "0"}, 40010001, "limit price must be > 0"),
        ({"type": "market"}, 40010001, "market orders require no stop or limit price"),
        ({"client_order_id": "x" * 129}, 40010001, "client_order_id must be no more than 128 characters"),
        ({"position_intent": "sell_to_close"}, 42210000, None),
        (
            {"limit_price": "290.123"},
            42210000,
            "invalid limit_price 290.123. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (
            {"limit_price": "0.50001"},
            42210000,
            "invalid limit_price 0.50001. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        (
            {"extended_hours": True, "time_in_force": "ioc"},
            42210000,
            "extended hours order must be DAY or GTC limit orders",
        ),
    ],
)
def test_a_ticket_that_is_no_order_is_422(room, changed, code, message):
    status, got, said = refused(room, **changed)
    assert (status, got) == (422, code) and message in (None, said)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"qty": NaN}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_400(body):
    with pytest.raises(Rejection) as caught:
        parse_body(body)
    assert caught.value.status == 400


def test_numbers_are_read_as_they_are_written(room):
    body = parse_body(
        b'{"symbol":"AAPL","qty":1.0,"side":"buy","type":"limit","limit_price":100.10,"time_in_force":"day"}'
    )
    ticket = parse_ticket(body, room.market.listings)
    assert (str(ticket.qty), str(ticket.limit_price)) == ("1", "100.10")


def test_too_little_buying_power_says_how_much_there_is(room):
    trader = room.trader(1_000)
    with pytest.raises(Rejection) as caught:
        room.order(trader, "buy", 21, "100.00")
    assert (caught.value.status, caught.value.code) == (403, 40310000)
    assert caught.value.body | {"buying_power": "2000", "cost_basis": "2100"} == caught.value.body
    assert caught.value.message == "insufficient buying power"
    room.order(trader, "buy", 20, "100.00")
    with pytest.raises(Rejection, match="insufficient buying power"):
        room.order(trader, "buy", 1, "1.00")
    with pytest.raises(Rejection, match="insufficient buying power"):
        room.order(room.trader(100), "sell", 1)


def test_more_than_the_position_cannot_be_sold(room):
    trader = room.trader()
    room.order(trader, "buy", 10)
    holding = room.order(trader, "sell", 4, "900.00")
    with pytest.raises(Rejection) as caught:
        room.order(trader, "sell", 7, "900.00")
    assert caught.value.body == {
        "code": 40310000,
        "message": "insufficient qty available for order (requested: 7, available: 6)",
        "available": "6",
        "existing_qty": "10",
        "held_for_orders": "4",
        "related_orders": [str(holding.order_id)],
        "symbol": "AAPL",
    }
    assert room.order(trader, "sell", 6, "900.00").position_intent == "sell_to_close"


@pytest.mark.parametrize(
    ("existing", "new", "reason"),
    [
        ("900.00", None, "opposite side limit order exists"),
        ("900.00", "900.00", "opposite side limit order exists"),
        ("900.00", "899.99", None),
        (None, "1.00", "opposite side market/stop order exists"),
    ],
)
def test_an_order_must_not_meet_one_of_the_same_account(existing, new, reason):
    room = Room()
    trader = room.trader()
    room.order(trader, "buy", 10)
    if existing is None:
        room.empty_book()
    standing = room.order(trader, "sell", 10, existing)
    assert standing.status == "new"
    if reason is None:
        room.order(trader, "buy", 1, new)
        return
    with pytest.raises(Rejection) as caught:
        room.order(trader, "buy", 1, new)
    assert (caught.value.status, caught.value.code) == (403, 40310000)
    assert caught.value.message == "potential wash trade detected. use complex orders"
    assert caught.value.extra == {"existing_order_id": str(standing.order_id), "reject_reason": reason}


def test_from_flat_an_account_goes_one_way(room):
    long, short = room.trader(), room.trader()
    room.order(long, "buy", 1, "1.00")
    with pytest.raises(Rejection, match="cannot open a short sell while a long buy order is open"):
        room.order(long, "sell", 1, "900.00")
    room.order(short, "sell", 1, "900.00")
    with pytest.raises(Rejection, match="cannot open a long buy while a short sell order is open"):
        room.order(short, "buy", 1, "1.00")


def test_a_client_order_id_is_used_for_ever_but_not_by_a_refused_order(room):
    trader = room.trader(1_000)
    with pytest.raises(Rejection, match="insufficient buying power"):
        room.order(trader, "buy", 1_000, "100.00", client_order_id="mine")
    order = room.order(trader, "buy", 1, "1.00", client_order_id="mine")
    for code in (42210000, 40010001):
        with pytest.raises(Rejection, match="client_order_id must be unique") as caught:
            room.order(trader, "buy", 1, "1.00", client_order_id="mine")
        assert (caught.value.status, caught.value.code) == (422, code)
        room.floor.cancel(room.latest(order), at_once=True)
    assert room.order(room.trader(), "buy", 1, "1.00", client_order_id="mine").status == "new"


def test_what_the_user_forbids_is_refused(room):
    trader = room.trader()
    room.floor.configure(trader, replace(Configurations(), no_shorting=True))
    with pytest.raises(Rejection, match="account is not allowed to short"):
        room.order(trader, "sell", 1)
    room.floor.configure(trader, replace(Configurations(), suspend_trade=True))
    with pytest.raises(Rejection, match="new orders are rejected by user request"):
        room.order(trader, "buy", 1)
