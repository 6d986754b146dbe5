"""Replacing against the referee: whatever the broker does, one PATCH, one honest answer, and never two orders that live."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

import broker.order_client as order_client
from domain.order import DENIED, DONE, NOT_PLACED, UNKNOWN, Order, Side
from tests.order_bench import Bench, until
from tests.referee import Fault
from tests.unit.orders.samples import limit_ticket

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def short_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real limit is tried with orders."""
    monkeypatch.setattr(order_client, "POST_LIMIT_S", 1.0)


def change(bench: Bench, old: Order, nonce: str = "nonce-change", **values: Any) -> Order:
    found = bench.desk.replace(old.client_order_id, {"nonce": nonce, **(values or {"limit_price": "98.5"})}, "s")
    assert isinstance(found, Order), found
    return found


def patches(bench: Bench) -> int:
    return sum(method == "PATCH" for method, _ in bench.referee.requests)


OUTCOMES: list[tuple[Fault | None, str, bool]] = [
    (None, "new", True),
    ("504 after", "new", True),
    ("500 after", "new", True),
    ("reset after", "new", True),
    ("hang after", "new", True),
    ("truncated after", "new", True),
    ("empty after", "new", True),
    ("504 before", UNKNOWN, False),
    ("reset before", UNKNOWN, False),
    ("hang before", UNKNOWN, False),
    ("502 html", UNKNOWN, False),
    ("403", "rejected", False),
    ("401", "rejected", False),
]


@pytest.mark.parametrize(("fault", "state", "taken"), OUTCOMES, ids=[str(case[0]) for case in OUTCOMES])
def test_every_outcome_of_a_patch(bench: Bench, fault: Fault | None, state: str, taken: bool) -> None:
    old = bench.submit(limit_ticket(Side.BUY, "99"))
    if fault:
        bench.referee.fault("PATCH /v2/orders", fault)
    new = change(bench, old)
    assert (new.state, patches(bench), len(bench.referee.orders)) == (state, 1, 1 + taken)
    assert bench.reconcile() == ""
    if state == UNKNOWN:
        assert bench.order(new.client_order_id).remaining == 10, "what is not known counts"
        assert bench.settle(after_s=60) == 0 or bench.settle(after_s=60) == 0
        assert bench.order(new.client_order_id).state == NOT_PLACED
    assert bench.order(old.client_order_id).state == ("replaced" if taken else "new")
    alive = [each.client_order_id for each in bench.journal.open_orders(bench.referee.account_id)]
    assert alive == [(new if taken else old).client_order_id]
    assert patches(bench) == 1, "a change is never sent again"


def test_the_same_change_again_is_the_same_order(bench: Bench) -> None:
    old = bench.submit(limit_ticket(Side.BUY, "99"))
    first = change(bench, old)
    assert change(bench, old).client_order_id == first.client_order_id and patches(bench) == 1
    assert bench.reconcile() == ""
    refused = bench.desk.replace(old.client_order_id, {"nonce": "nonce-other", "limit_price": "97"}, "s")
    assert refused == {"order": "The order is replaced already."}


def test_two_changes_at_once_are_one(bench: Bench) -> None:
    old = bench.submit(limit_ticket(Side.BUY, "99"))
    bench.referee.fault("PATCH /v2/orders", "504 before")
    assert change(bench, old).state == UNKNOWN
    other = change(bench, old, "nonce-other", limit_price="97")
    assert (other.state, other.reason) == (DENIED, "The order is being replaced already.") and patches(bench) == 1


def test_a_change_is_checked_like_any_order(bench: Bench) -> None:
    old = bench.submit(limit_ticket(Side.BUY, "99"))
    denied = change(bench, old, limit_price="150")
    assert denied.state == DENIED and "beyond the market" in denied.reason
    bench.kill.turn(True, "by a test")
    assert change(bench, old, "nonce-killed").state == DENIED and patches(bench) == 0
    assert bench.order(old.client_order_id).state not in DONE


async def test_a_fill_wins_against_the_change(bench: Bench) -> None:
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        await asyncio.to_thread(bench.referee.fill, old.client_order_id, "10", "99")
        new = await asyncio.to_thread(bench.desk.replace, old.client_order_id, {"nonce": "12345678", "qty": "20"}, "s")
        if isinstance(new, Order):  # by the broker, or by the desk, where the fill was told between its two looks
            assert new.state == "rejected" or (new.state, new.reason) == (DENIED, "The order is filled already.")
        await until(lambda: bench.held() == {"AAPL": Decimal(10)}, "the fill")
    assert bench.order(old.client_order_id).state == "filled"


async def test_what_the_new_order_fills_is_booked_on_it(bench: Bench) -> None:
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        new = await asyncio.to_thread(change, bench, old, qty="7")
        await until(lambda: bench.order(old.client_order_id).state == "replaced", "replaced")
        await asyncio.to_thread(bench.referee.fill, new.client_order_id, "7", "99")
        await until(lambda: bench.held() == {"AAPL": 7}, "the fill")
    assert [fill.client_order_id for fill in bench.fills()] == [new.client_order_id]
    assert bench.order(new.client_order_id).state == "filled"
