"""Replacing: what may be changed of which order, and what the new one is checked against."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.order import DONE, UNSETTLED, WORKING, Order, OrderClass, OrderType, Side, TimeInForce
from orders import risk
from orders.client_id import client_order_id
from orders.journal import Journal
from orders.replacing import REPLACEABLE, Replacement, conflict, read_replacement, sight, why_not
from tests.unit.orders.samples import ACCOUNT, holding, order, situation

LIMIT = order(type="limit", limit_price=Decimal("100.25"))
STOP = order(type="stop", stop_price=Decimal(95), side=Side.SELL)
STOP_LIMIT = order(type="stop_limit", stop_price=Decimal(101), limit_price=Decimal(102))
BY_PRICE = order(type="trailing_stop", trail_price=Decimal("1.5"), stop_price=Decimal("98.5"), side=Side.SELL)
BY_PERCENT = order(type="trailing_stop", trail_percent=Decimal(2), side=Side.SELL)
EXITS: dict[str, Any] = {"take_profit_price": Decimal(110), "stop_loss_price": Decimal(90)}
BRACKET = replace(LIMIT, order_class="bracket", **EXITS)
OCO = replace(LIMIT, order_class="oco", side=Side.SELL, limit_price=Decimal(110), **EXITS)
LEG = order(
    "leg", type="stop", stop_price=Decimal(90), side=Side.SELL, order_class="bracket", parent_id="P", state="held"
)
COIN = replace(LIMIT, symbol="BTC/USD", qty=Decimal("0.5"), time_in_force="gtc")
NONCE = {"nonce": "12345678"}


def changed(old: Order, **values: Any) -> Replacement:
    found = read_replacement(old, {**NONCE, **values})
    assert isinstance(found, Replacement), found
    return found


CHANGES: list[tuple[Order, dict[str, Any], dict[str, Any]]] = [
    (LIMIT, {"limit_price": "99.5"}, {"limit_price": Decimal("99.5")}),
    (LIMIT, {"qty": 7, "limit_price": " "}, {"qty": Decimal(7)}),
    (order(), {"qty": 20}, {"qty": Decimal(20)}),
    (STOP, {"stop_price": 94}, {"stop_price": Decimal(94)}),
    (STOP_LIMIT, {"stop_price": 103, "limit_price": 104}, {"stop_price": Decimal(103), "limit_price": Decimal(104)}),
    (BY_PRICE, {"trail": "2.25"}, {"trail_price": Decimal("2.25")}),
    (BY_PERCENT, {"trail": "0.5"}, {"trail_percent": Decimal("0.5")}),
    (BRACKET, {"limit_price": 101}, {"limit_price": Decimal(101)}),
    (OCO, {"limit_price": 111}, {"limit_price": Decimal(111), "take_profit_price": Decimal(111)}),
    (LEG, {"stop_price": 91}, {"stop_price": Decimal(91)}),
    (COIN, {"qty": "0.25"}, {"qty": Decimal("0.25")}),
]


@pytest.mark.parametrize(("old", "values", "differs"), CHANGES, ids=[str(case[1]) for case in CHANGES])
def test_what_is_changed_differs_and_nothing_else(old: Order, values: dict[str, Any], differs: dict[str, Any]) -> None:
    ticket = changed(old, **values).ticket
    for name in ("symbol", "side", "type", "time_in_force", "qty", "limit_price", "trail_price", "trail_percent"):
        assert getattr(ticket, name) == differs.get(name, getattr(old, name)), name
    if old.type != "trailing_stop":
        assert ticket.stop_price == differs.get("stop_price", old.stop_price)


BAD_PRICES: list[Any] = [0, -1, "NaN", "x", True, [], "100.123", 1e308]
BAD_QTYS: list[Any] = [0, -1, "x", True, {}, 1e308, "1.5"]
WRONG: list[tuple[Order, dict[str, Any], str]] = [
    *[(LIMIT, {"limit_price": bad}, "limit_price") for bad in BAD_PRICES],
    *[(LIMIT, {"qty": bad}, "qty") for bad in BAD_QTYS],
    *[(BY_PERCENT, {"trail": bad}, "trail") for bad in (0, "0.09", 100, "x")],
    *[(BY_PRICE, {"trail": bad}, "trail") for bad in (0, "1.234", "x")],
    (LIMIT, {"stop_price": 99}, "stop_price"),
    (LIMIT, {"trail": 1}, "trail"),
    (order(), {"limit_price": 99}, "limit_price"),
    (STOP, {"limit_price": 99}, "limit_price"),
    (BY_PRICE, {"stop_price": 99}, "stop_price"),
    (LIMIT, {}, "order"),
    (LIMIT, {"limit_price": "100.250"}, "order"),
    (LEG, {"qty": 5}, "qty"),
    (BRACKET, {"qty": 5}, "qty"),
    (BRACKET, {"limit_price": 110}, "order"),
    (OCO, {"limit_price": 90}, "limit_price"),
    (replace(LIMIT, qty=Decimal("1.5")), {"qty": 2}, "qty"),
    (replace(LIMIT, type="odd"), {"limit_price": 1}, "limit_price"),
    (LIMIT, {"limit_price": 99, "nonce": ""}, "ticket"),
]


@pytest.mark.parametrize(("old", "values", "field"), WRONG, ids=[f"{case[2]}-{case[1]}"[:50] for case in WRONG])
def test_what_is_wrong_is_told_beside_its_field(old: Order, values: dict[str, Any], field: str) -> None:
    found = read_replacement(old, {**NONCE, **values})
    assert not isinstance(found, Replacement) and field in found
    assert all(text.endswith(".") for text in found.values())


ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.none(), max_size=2)
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([LIMIT, STOP, STOP_LIMIT, BY_PRICE, BY_PERCENT, BRACKET, OCO, LEG, COIN]),
    st.dictionaries(st.sampled_from(["qty", "limit_price", "stop_price", "trail", "nonce", "x"]), ANYTHING) | ANYTHING,
)
def test_nothing_that_can_be_posted_raises(old: Order, values: Any) -> None:
    found = read_replacement(old, values)
    assert isinstance(found, Replacement) or found


def test_the_new_order_takes_the_place_of_the_old_one() -> None:
    found = changed(LEG, stop_price=91)
    made = found.order_like(order("td-2", order_id="", state="intent"))
    assert (made.replaces, made.parent_id, made.order_class) == ("B-1", "P", "bracket")
    assert made.client_order_id == "td-2"


def test_the_same_change_of_two_orders_is_two_orders_and_again_is_the_same() -> None:
    ids = [
        client_order_id("A", changed(old, limit_price=99).ticket)
        for old in (LIMIT, replace(LIMIT, order_id="B-9"), LIMIT)
    ]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("state", sorted(DONE | WORKING | UNSETTLED))
def test_only_an_order_that_works_or_is_held_can_be_replaced(state: str) -> None:
    assert bool(why_not(replace(LIMIT, state=state))) is (state not in REPLACEABLE)


@pytest.mark.parametrize(
    "changes", [{"filled_qty": Decimal(1)}, {"notional": Decimal(5)}, {"order_id": ""}, {"state": "partially_filled"}]
)
def test_what_cannot_be_replaced_says_why(changes: dict[str, Any]) -> None:
    assert not why_not(LIMIT) and why_not(replace(LIMIT, **changes)).endswith((".", "moment."))


def conflicts(journal: Journal, *orders: Order) -> list[str]:
    with journal.writing() as rows:
        for each in orders:
            rows.add_order(each)
        return [denial.text for denial in conflict(rows, LIMIT)]


def test_an_order_that_was_filled_meanwhile_is_not_replaced(journal: Journal) -> None:
    assert conflicts(journal, replace(LIMIT, state="filled")) == ["The order is filled already."]


@pytest.mark.parametrize("state", ["intent", "sending", "unknown", "accepted", "new"])
def test_an_order_is_replaced_once_at_a_time(journal: Journal, state: str) -> None:
    another = order("td-2", order_id="", replaces="B-1", state=state)
    assert conflicts(journal, LIMIT, another) == ["The order is being replaced already."]


@pytest.mark.parametrize("state", ["rejected", "not_placed", "denied"])
def test_a_replacement_that_failed_is_not_in_the_way(journal: Journal, state: str) -> None:
    assert conflicts(journal, LIMIT, order("td-2", order_id="", replaces="B-1", state=state)) == []


def codes(found: Replacement, **now: Any) -> set[str]:
    seen = sight(found, situation(**now))
    return {denial.code for denial in risk.check(found.ticket, seen)}


def test_an_entry_counts_beside_the_one_that_it_replaces() -> None:
    """Both could be filled for a moment: 600 and 600 shares at 100 are more than the account is worth."""
    old = replace(LIMIT, qty=Decimal(600), limit_price=Decimal(100))
    found = changed(old, limit_price=99)
    loose = replace(situation().limits, max_order_value=Decimal(1_000_000))
    assert codes(found, open_orders=[old], limits=loose) == {"MAX_POSITION"}
    assert codes(found, open_orders=[], limits=loose) == set()


@pytest.mark.parametrize("hangs_with", [[], [order("gain", side=Side.SELL, parent_id="P", order_id="G")]])
def test_an_exit_that_is_moved_stays_an_exit(hangs_with: list[Order]) -> None:
    old = replace(STOP, parent_id="P" if hangs_with else "")
    now: dict[str, Any] = {
        "position": holding(10),
        "open_orders": [old, *hangs_with],
        "killed_by": "by a person",
        "data_fresh": False,
    }
    assert codes(changed(old, stop_price=94), **now) == set()


def test_a_larger_exit_than_before_is_none_beside_the_other_exits() -> None:
    old, another = replace(STOP, qty=Decimal(5)), order("other", side=Side.SELL, qty=Decimal(5), order_id="B-3")
    now: dict[str, Any] = {"position": holding(10), "open_orders": [old, another], "killed_by": "by a person"}
    assert codes(changed(old, qty=6), **now) == {"KILL_SWITCH"}


def test_what_is_replaced_is_journalled_as_it_is_sent(journal: Journal) -> None:
    found = changed(STOP_LIMIT, limit_price=103)
    assert (found.ticket.type, found.ticket.time_in_force) == (OrderType.STOP_LIMIT, TimeInForce.DAY)
    assert found.ticket.order_class is OrderClass.SIMPLE and found.old.account_id == ACCOUNT
