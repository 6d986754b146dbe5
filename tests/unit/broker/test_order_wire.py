"""The wire of orders: Alpaca's JSON, as its documents show it and as it might come, to the desk's own words."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from alpaca.trading.requests import (
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopOrderRequest,
    TrailingStopOrderRequest,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.order_wire import (
    account_state,
    broker_order,
    fill_activity,
    order_request,
    plain,
    position,
    replace_request,
    trade_update,
    with_legs,
)
from domain.order import Order, Side

ORDER: dict[str, Any] = {
    "id": "7b08df51-c1ac-453c-99f9-323a5f075f0d",
    "client_order_id": "td-1",
    "created_at": "2023-12-12T22:31:24.668464435Z",
    "updated_at": "2023-12-12T22:31:24.668464435Z",
    "submitted_at": "2023-12-12T22:31:24.577215743Z",
    "symbol": "AAPL",
    "asset_class": "us_equity",
    "notional": None,
    "qty": "2",
    "filled_qty": "0",
    "filled_avg_price": None,
    "order_class": "",
    "order_type": "limit",
    "type": "limit",
    "side": "buy",
    "time_in_force": "gtc",
    "limit_price": "150",
    "stop_price": None,
    "status": "accepted",
    "extended_hours": False,
    "legs": None,
}
UPDATE: dict[str, Any] = {
    "event": "fill",
    "execution_id": "2f63ea93-423d-4169-b3f6-3fdafc10c418",
    "timestamp": "2022-04-19T14:12:30.656741Z",
    "price": "105.8988475",
    "qty": "1790",
    "position_qty": "0",
    "order": {**ORDER, "status": "filled", "filled_qty": "1790", "filled_avg_price": "105.8988475"},
}
ACTIVITY: dict[str, Any] = {
    "id": "20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e",
    "activity_type": "FILL",
    "transaction_time": "2022-02-02T18:55:09.981482Z",
    "type": "fill",
    "price": "174.78",
    "qty": "2",
    "side": "buy",
    "symbol": "AAPL",
    "leaves_qty": "0",
    "cum_qty": "5",
    "order_id": "b5abe576-6a8a-49f3-a353-46b72c1ccae9",
    "order_status": "filled",
}
UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError)


def cases(name: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


def test_what_is_sent_is_text_and_nothing_that_was_not_asked_for() -> None:
    order = Order("td-1", "A", "AAPL", Side.BUY, "market", Decimal("10.00"), "day", order_id="x", reason="secret")
    body = {
        "symbol": "AAPL",
        "qty": "10",
        "side": "buy",
        "type": "market",
        "time_in_force": "day",
        "client_order_id": "td-1",
    }
    assert order_request(order) == body
    assert order_request(replace(order, limit_price=Decimal("1E+2")))["limit_price"] == "100"


def as_numbers(body: Any) -> Any:
    """A body with its numbers as numbers: alpaca-py sends floats, the desk sends text."""
    if isinstance(body, dict):
        return {name: as_numbers(value) for name, value in body.items()}
    with contextlib.suppress(ValueError, TypeError):
        return body if isinstance(body, bool) else float(body)
    return body


def asked(**changes: Any) -> Order:
    """An order; numbers may be written as such."""
    made = Order("td-1", "A", "AAPL", Side.BUY, "market", Decimal(10), "day")
    return replace(
        made,
        **{name: value if isinstance(value, str | bool) else Decimal(str(value)) for name, value in changes.items()},
    )


LEGS = {"take_profit": {"limit_price": 105.5}, "stop_loss": {"stop_price": 95.25}}
PAIRS: list[tuple[type, dict[str, Any], dict[str, Any]]] = [
    (MarketOrderRequest, {}, {}),
    (MarketOrderRequest, {"qty": 0.125}, {"qty": 0.125}),
    (MarketOrderRequest, {"qty": None, "notional": 500.5}, {"qty": 0, "notional": 500.5}),
    (MarketOrderRequest, {"time_in_force": "opg", "side": "sell"}, {"time_in_force": "opg", "side": Side.SELL}),
    (LimitOrderRequest, {"limit_price": 100.25}, {"type": "limit", "limit_price": 100.25}),
    (
        LimitOrderRequest,
        {"limit_price": 100.25, "extended_hours": True},
        {"type": "limit", "limit_price": 100.25, "extended_hours": True},
    ),
    (
        LimitOrderRequest,
        {"symbol": "BTC/USD", "qty": 0.0001, "limit_price": 50000.123, "time_in_force": "ioc"},
        {"symbol": "BTC/USD", "qty": 0.0001, "type": "limit", "limit_price": 50000.123, "time_in_force": "ioc"},
    ),
    (StopOrderRequest, {"stop_price": 99.5}, {"type": "stop", "stop_price": 99.5}),
    (
        StopLimitOrderRequest,
        {"stop_price": 99.5, "limit_price": 99.25},
        {"type": "stop_limit", "stop_price": 99.5, "limit_price": 99.25},
    ),
    (TrailingStopOrderRequest, {"trail_price": 1.5}, {"type": "trailing_stop", "trail_price": 1.5}),
    (TrailingStopOrderRequest, {"trail_percent": 0.5}, {"type": "trailing_stop", "trail_percent": 0.5}),
    (
        MarketOrderRequest,
        {"order_class": "bracket", **LEGS},
        {"order_class": "bracket", "take_profit_price": 105.5, "stop_loss_price": 95.25},
    ),
    (
        LimitOrderRequest,
        {
            "order_class": "bracket",
            "limit_price": 100,
            **LEGS,
            "stop_loss": {"stop_price": 95.25, "limit_price": 95},
        },
        {
            "order_class": "bracket",
            "type": "limit",
            "limit_price": 100,
            "take_profit_price": 105.5,
            "stop_loss_price": 95.25,
            "stop_loss_limit_price": 95,
        },
    ),
    (
        LimitOrderRequest,
        {"order_class": "oco", "limit_price": 105.5, "side": "sell", **LEGS},
        {
            "order_class": "oco",
            "type": "limit",
            "limit_price": 105.5,
            "side": Side.SELL,
            "take_profit_price": 105.5,
            "stop_loss_price": 95.25,
        },
    ),
    (
        MarketOrderRequest,
        {"order_class": "oto", "take_profit": {"limit_price": 105.5}},
        {"order_class": "oto", "take_profit_price": 105.5},
    ),
    (
        MarketOrderRequest,
        {"order_class": "oto", "stop_loss": {"stop_price": 95.25}},
        {"order_class": "oto", "stop_loss_price": 95.25},
    ),
]


@pytest.mark.parametrize(("request_class", "theirs", "ours"), PAIRS, ids=[str(case[2]) for case in PAIRS])
def test_what_is_sent_is_what_alpaca_py_sends(
    request_class: type, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    common = {"symbol": "AAPL", "qty": 10, "side": "buy", "time_in_force": "day", "client_order_id": "td-1"}
    body = order_request(asked(**ours))
    assert as_numbers(body) == as_numbers(request_class(**{**common, **theirs}).to_request_fields())
    assert not any(isinstance(value, int | float) and value is not True for value in body.values())


REPLACEMENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "limit", "limit_price": 101}, {"limit_price": 101, "qty": 10}),
    ({"type": "stop", "stop_price": 99, "qty": 7}, {"stop_price": 99, "qty": 7}),
    ({"type": "stop_limit", "stop_price": 99, "limit_price": 98}, {"stop_price": 99, "limit_price": 98, "qty": 10}),
    ({"type": "trailing_stop", "trail_percent": 2}, {"trail": 2, "qty": 10}),
    ({"type": "trailing_stop", "trail_price": 1.5, "stop_price": 98.5}, {"trail": 1.5, "qty": 10}),
]


@pytest.mark.parametrize(("ours", "theirs"), REPLACEMENTS, ids=str)
def test_a_replacement_is_what_alpaca_py_sends(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    request = ReplaceOrderRequest(client_order_id="td-1", **theirs)
    assert as_numbers(replace_request(asked(**ours))) == as_numbers(request.to_request_fields())


@pytest.mark.parametrize(
    "changes", [{"order_class": "bracket"}, {"parent_id": "B-1"}, {"qty": 1.5}, {"qty": 0, "notional": 100}], ids=str
)
def test_a_quantity_that_cannot_be_changed_is_not_sent(changes: dict[str, Any]) -> None:
    body = replace_request(asked(type="limit", limit_price=101, **changes))
    assert body == {"client_order_id": "td-1", "limit_price": "101"}


BRACKET: dict[str, Any] = {
    **ORDER,
    "id": "P",
    "order_class": "bracket",
    "legs": [
        {**ORDER, "id": "TP", "client_order_id": "tp", "side": "sell", "limit_price": "160", "status": "held"},
        {**ORDER, "id": "SL", "client_order_id": "sl", "side": "sell", "type": "stop_limit", "stop_price": "140"},
    ],
}
"""The bracket of the documents, nested."""


def test_legs_are_orders_of_their_own_that_know_whose_they_are() -> None:
    parent, gain, loss = with_legs(broker_order(BRACKET))
    assert (parent.order_id, parent.order_class, parent.parent_id) == ("P", "bracket", "")
    assert (gain.order_id, gain.parent_id, gain.status, gain.limit_price) == ("TP", "P", "held", Decimal(160))
    assert (loss.order_id, loss.parent_id, loss.type, loss.stop_price) == ("SL", "P", "stop_limit", Decimal(140))


def test_an_order_with_a_leg_that_makes_no_sense_is_none() -> None:
    with pytest.raises(UNREADABLE):
        broker_order({**BRACKET, "legs": [{**ORDER, "side": "?"}]})


def test_every_field_of_an_order_is_read() -> None:
    fields = {"notional": "500", "trail_price": "1.5", "trail_percent": "0.5", "replaces": "A", "replaced_by": "C"}
    order = broker_order({**ORDER, **fields, "extended_hours": True})
    assert (order.notional, order.trail_price, order.trail_percent) == (Decimal(500), Decimal("1.5"), Decimal("0.5"))
    assert (order.replaces, order.replaced_by, order.extended_hours) == ("A", "C", True)
    assert broker_order(ORDER).order_class == "simple"


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+5", "100000"), ("0.10", "0.1"), ("1E-7", "0.0000001"), ("0.000000001", "0.000000001"), ("5", "5")],
)
def test_a_number_never_travels_with_an_exponent(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_an_order_of_the_documents_is_read() -> None:
    order = broker_order(ORDER)
    assert (order.order_id, order.client_order_id, order.symbol, order.side) == (ORDER["id"], "td-1", "AAPL", Side.BUY)
    assert (order.type, order.time_in_force, order.status) == ("limit", "gtc", "accepted")
    assert (order.qty, order.limit_price) == (Decimal(2), Decimal(150))
    assert (order.filled_qty, order.filled_avg_price, order.stop_price) == (Decimal(0), None, None)


@pytest.mark.parametrize(
    ("changes", "qty"),
    [
        ({"qty": None, "notional": "10.5"}, 0),
        ({"qty": None, "filled_qty": "0.125"}, "0.125"),
        ({"qty": 3}, 3),
        ({"qty": 0.5}, "0.5"),
    ],
)
def test_orders_by_value_and_numbers_for_text_are_read(changes: dict[str, Any], qty: Any) -> None:
    assert broker_order({**ORDER, **changes}).qty == Decimal(qty)


@pytest.mark.parametrize("status", ["new", "under_review", "", "held"])
def test_a_word_of_a_state_is_kept_as_it_is(status: str) -> None:
    assert broker_order({**ORDER, "status": status}).status == status


@pytest.mark.parametrize(
    "changes",
    [
        *cases("side", "", None, "sell_short", 7, []),
        *cases("qty", "NaN", "inf", "many", [1], {"a": 1}, "1e", "--1"),
        *cases("filled_qty", "NaN", "x", [1]),
        *cases("limit_price", "Infinity", "x", {}),
        *cases("filled_avg_price", "sNaN", "abc"),
    ],
    ids=str,
)
def test_an_order_that_makes_no_sense_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(UNREADABLE):
        broker_order({**ORDER, **changes})


@pytest.mark.parametrize("name", ["id", "client_order_id", "symbol", "side", "qty", "time_in_force", "status"])
def test_an_order_without_a_part_is_none(name: str) -> None:
    with pytest.raises(KeyError):
        broker_order({key: value for key, value in ORDER.items() if key != name})


def test_a_fill_of_the_documents_is_read() -> None:
    update = trade_update(UPDATE)
    assert (update.event, update.execution_id) == ("fill", UPDATE["execution_id"])
    assert (update.price, update.qty) == (Decimal("105.8988475"), Decimal(1790))
    assert update.ts_event == 1_650_377_550_656_741_000 and update.order.status == "filled"


def test_an_update_without_a_fill_has_neither_price_nor_quantity() -> None:
    update = trade_update({"event": "new", "timestamp": UPDATE["timestamp"], "order": ORDER})
    assert (update.price, update.qty, update.execution_id) == (None, None, "")


def test_an_update_without_a_time_takes_that_of_its_order() -> None:
    update = trade_update({"event": "new", "order": ORDER})
    assert update.ts_event == 1_702_420_284_668_464_435


def test_an_activity_of_the_documents_is_a_fill_with_the_id_of_its_execution() -> None:
    fill, filled_with_it = fill_activity(ACTIVITY, "account")
    assert fill.execution_id == "2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e" and fill.order_id == ACTIVITY["order_id"]
    assert (fill.qty, fill.price, fill.side, filled_with_it) == (Decimal(2), Decimal("174.78"), Side.BUY, Decimal(5))
    assert fill.ts_event == 1_643_828_109_981_482_000 and fill.account_id == "account"


@pytest.mark.parametrize(("word", "side"), [("buy", Side.BUY), ("sell", Side.SELL), ("sell_short", Side.SELL)])
def test_a_short_sale_is_a_sale(word: str, side: Side) -> None:
    assert fill_activity({**ACTIVITY, "side": word}, "a")[0].side is side


@pytest.mark.parametrize("word", ["", None, "BUY", "exercise"])
def test_a_side_that_nobody_knows_is_not_taken_for_a_sale(word: Any) -> None:
    with pytest.raises(ValueError):
        fill_activity({**ACTIVITY, "side": word}, "a")


def test_a_short_position_is_negative_in_quantity_and_cost() -> None:
    row = {"symbol": "AAPL", "qty": "-5", "cost_basis": "-500.25", "side": "short"}
    assert position(row) == ("AAPL", (Decimal(-5), Decimal("-500.25")))


def test_a_position_in_options_costs_what_a_share_of_it_does() -> None:
    row = {"symbol": "AAPL261218C00200000", "qty": "2", "side": "long", "cost_basis": "700", "avg_entry_price": "3.5"}
    assert position(row | {"asset_class": "us_option"}) == ("AAPL261218C00200000", (Decimal(2), Decimal(7)))


def test_an_account_is_read_with_and_without_its_newer_fields() -> None:
    account = account_state(
        {"id": "e6", "cash": "100.5", "buying_power": "400", "last_equity": "99", "trading_blocked": True}
    )
    assert (account.cash, account.buying_power, account.last_equity) == (Decimal("100.5"), Decimal(400), Decimal(99))
    assert account.trading_blocked and not account.account_blocked
    bare = account_state({"id": "e6", "cash": "100.5", "account_blocked": True, "trade_suspended_by_user": True})
    assert bare.buying_power == bare.last_equity == bare.cash and bare.trading_blocked and bare.account_blocked


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MIXED = st.dictionaries(st.sampled_from([*ORDER, *ACTIVITY, *UPDATE, "cash"]), JSON).map(
    lambda row: {**ORDER, **ACTIVITY, **row}
)


@settings(max_examples=300, deadline=None)
@given(MIXED | JSON)
def test_whatever_comes_is_read_or_refused_in_one_of_the_five_ways(row: Any) -> None:
    for read in (broker_order, trade_update, account_state, position, lambda each: fill_activity(each, "a")):
        with contextlib.suppress(*UNREADABLE):
            read(row)


@pytest.mark.parametrize(
    ("told", "asset_class", "name"),
    [
        ("BTCUSD", "crypto", "BTC/USD"),
        ("BTC/USD", "crypto", "BTC/USD"),
        ("SHIBUSDT", "crypto", "SHIB/USDT"),
        ("ETHBTC", "crypto", "ETH/BTC"),
        ("BTCUSD", "us_equity", "BTCUSD"),
    ],
)
def test_a_coin_has_one_name(told: str, asset_class: str, name: str) -> None:
    row = {"symbol": told, "asset_class": asset_class, "qty": "1", "cost_basis": "2"}
    assert position(row)[0] == name
