"""Closing against the referee, a broker of the tests' own: a part, all, the other side; exits that hold the shares go first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.order import Order, OrderType, Side
from orders.audit import audit_lines
from orders.canceling import of_side, one_of_each_group
from orders.closing import NOTHING_TO_CLOSE, part_of
from orders.journal_writer import JournalWriter
from orders.risk import Situation
from orders.ticket import Ticket, fields_of
from tests.order_bench import Bench, until
from tests.referee import Kept, Referee
from tests.unit.orders.samples import limit_ticket, order, ticket

pytestmark = pytest.mark.slow

HALF, QUARTER = Decimal("0.5"), Decimal("0.25")


class Desk(Bench):
    """A desk that knows its tickets of a moment ago."""

    def look(self, rows: JournalWriter, account_id: str, asked: Ticket, session: str) -> Situation:
        then = rows.newest_intent(account_id, session, fields_of(asked))
        ago = None if then is None else (time.time_ns() - then) / 1e6
        return replace(super().look(rows, account_id, asked, session), same_ticket_ms_ago=ago)


@pytest.fixture
def bench(referee: Referee, tmp_path: Path) -> Iterator[Bench]:
    made = Desk(referee, tmp_path)
    yield made
    made.journal.close()


@asynccontextmanager
async def holding(bench: Bench, qty: int, fills_markets: bool = True) -> AsyncIterator[None]:
    """The worker follows the account, which holds `qty` AAPL; market orders are filled at once if wished."""

    def fill(kept: Kept) -> None:
        if fills_markets and kept.type == "market":
            bench.referee.fill(kept.client_order_id, str(kept.qty), "100")

    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        bench.referee.place("AAPL", "buy" if qty > 0 else "sell", str(abs(qty)), "first")
        bench.referee.fill("first", str(abs(qty)), "100")
        await until(lambda: bench.held() == {"AAPL": qty}, "the position")
        bench.referee.after_accept = fill
        yield


async def act(function: Any, *arguments: Any) -> Any:
    return await asyncio.to_thread(function, *arguments)


def stop(bench: Bench, qty: int, price: str) -> Order:
    """An exit of ours that holds shares."""
    asked = ticket(side=Side.SELL, type=OrderType.STOP, stop_price=Decimal(price), qty=Decimal(qty))
    return bench.submit(asked)


@pytest.mark.parametrize(
    ("held", "fraction", "is_coin", "part"),
    [
        *[(10, 1, False, "10"), (10, HALF, False, "5"), (10, QUARTER, False, "3"), (-10, QUARTER, False, "3")],
        *[(1, QUARTER, False, "1"), ("0.5", HALF, False, "0.25"), (1, QUARTER, True, "0.25")],
        *[("0.000000001", QUARTER, True, "0.000000001"), ("0.3333", HALF, True, "0.16665")],
    ],
)
def test_a_part_is_whole_shares_of_whole_shares(held: Any, fraction: Any, is_coin: bool, part: str) -> None:
    assert part_of(Decimal(held), Decimal(fraction), is_coin) == Decimal(part)


@pytest.mark.parametrize("qty", [10, -10])
async def test_a_part_of_a_position_is_closed_once_a_wish(bench: Bench, qty: int) -> None:
    async with holding(bench, qty):
        sign = 1 if qty > 0 else -1
        for nonce, left in (("nonce-1", 5), ("nonce-1", 5), ("nonce-2", 2), ("nonce-1", 5), ("nonce-2", 2)):
            closed = await act(bench.desk.close, "AAPL", nonce, "s", HALF)
            assert isinstance(closed, Order)
            if left == 2 or len(bench.fills()) < 3:
                await until(lambda: abs(bench.held()["AAPL"]) <= 5, "a half is closed")
        await until(lambda: bench.held() == {"AAPL": 2 * sign}, "a half of the half is closed")
    assert len(bench.referee.posts) == 2


async def test_exits_that_hold_the_shares_are_canceled_first_and_no_more_than_needed(bench: Bench) -> None:
    async with holding(bench, 10):
        first, second = await act(stop, bench, 5, "95"), await act(stop, bench, 5, "94")
        closed = await act(bench.desk.close, "AAPL", "nonce-half", "s", HALF)
        assert isinstance(closed, Order) and closed.state != "denied", closed
        assert [bench.referee.order(each.client_order_id).status for each in (first, second)] == ["canceled", "new"]
        await until(lambda: bench.held() == {"AAPL": 5}, "a half is closed")
        await act(bench.desk.close, "AAPL", "nonce-all", "another session")  # the same ticket, and meant
        await until(lambda: not bench.held(), "all is closed")
        assert bench.referee.order(second.client_order_id).status == "canceled"
    assert bench.referee.positions() == {}


async def test_free_shares_are_closed_without_touching_an_exit(bench: Bench) -> None:
    async with holding(bench, 10):
        kept = await act(stop, bench, 5, "95")
        await act(bench.desk.close, "AAPL", "nonce-half", "s", HALF)
        await until(lambda: bench.held() == {"AAPL": 5}, "a half is closed")
    assert bench.referee.order(kept.client_order_id).status == "new" and bench.referee.cancels == []


async def test_nothing_is_sold_beside_an_exit_that_may_still_fill(bench: Bench) -> None:
    async with holding(bench, 10):
        await act(stop, bench, 10, "95")
        bench.referee.cancel_confirms = False
        answer = await act(bench.desk.close, "AAPL", "nonce-all", "s")
        assert isinstance(answer, str) and "not canceled yet" in answer
    assert len(bench.referee.posts) == 1, "the exit only"


async def test_an_exit_that_fills_before_it_is_canceled_leaves_nothing_to_close(bench: Bench) -> None:
    async with holding(bench, 10):
        kept = await act(stop, bench, 10, "95")
        bench.referee.cancel_confirms = False
        closing = asyncio.create_task(act(bench.desk.close, "AAPL", "nonce-all", "s"))
        await until(lambda: bench.referee.cancels, "a cancel is asked for")
        await act(bench.referee.fill, kept.client_order_id, "10", "95")
        assert await closing == NOTHING_TO_CLOSE
    assert len(bench.referee.posts) == 1 and not bench.referee.positions()


@pytest.mark.parametrize("qty", [10, -10])
async def test_a_position_is_reversed_once_a_wish(bench: Bench, qty: int) -> None:
    async with holding(bench, qty):
        closed, opened = await act(bench.desk.reverse, "AAPL", "nonce-rev", "s")
        assert isinstance(closed, Order) and isinstance(opened, Order), opened
        assert opened.state != "denied", opened.reason
        await until(lambda: bench.held() == {"AAPL": -qty}, "the other side is held")
        again = await act(bench.desk.reverse, "AAPL", "nonce-rev", "s")
        assert [each.client_order_id for each in again] == [closed.client_order_id, opened.client_order_id]
        await asyncio.sleep(0.2)
        assert bench.held() == {"AAPL": -qty}
    assert len(bench.referee.posts) == 2


async def test_the_other_side_is_not_opened_before_the_position_is_flat(bench: Bench) -> None:
    async with holding(bench, 10, fills_markets=False):
        closed, why = await act(bench.desk.reverse, "AAPL", "nonce-rev", "s")
        assert isinstance(closed, Order) and "not flat yet" in why
    assert len(bench.referee.posts) == 1


async def test_the_other_side_passes_the_limits_and_the_switch_like_any_entry(bench: Bench) -> None:
    async with holding(bench, 10):
        bench.kill.turn(True, "by a test")
        closed, opened = await act(bench.desk.reverse, "AAPL", "nonce-rev", "s")
        assert isinstance(opened, Order) and opened.state == "denied" and closed.state != "denied"
        await until(lambda: not bench.held(), "flat")


async def test_a_coin_is_not_sold_short(bench: Bench) -> None:
    async with holding(bench, 10):
        bench.referee.place("BTC/USD", "buy", "0.5", "coin")
        bench.referee.fill("coin", "0.5", "100")
        await until(lambda: "BTC/USD" in bench.held(), "the coin")
        closed, why = await act(bench.desk.reverse, "BTC/USD", "nonce-rev", "s")
        assert isinstance(closed, Order) and closed.time_in_force == "gtc" and "cannot be sold short" in why


async def test_one_side_is_canceled_and_the_other_works_on(bench: Bench) -> None:
    async with holding(bench, 10, fills_markets=False):
        buy, sell = await act(bench.submit), await act(stop, bench, 5, "95")
        assert [each.client_order_id for each in await act(bench.desk.cancel_side, Side.SELL)] == [sell.client_order_id]
        states = [bench.referee.order(each.client_order_id).status for each in (buy, sell)]
    assert states == ["new", "canceled"]


@pytest.mark.parametrize("fraction", [Decimal(1), HALF])
@pytest.mark.parametrize("qty", [10, -10])
async def test_what_the_broker_would_refuse_a_close_beside_is_canceled_first_and_written_down(
    bench: Bench, qty: int, fraction: Decimal
) -> None:
    bench.referee.refuses_wash = True
    side, price = (Side.BUY, "99") if qty > 0 else (Side.SELL, "101")
    async with holding(bench, qty):
        more = await act(bench.submit, limit_ticket(side, price, 5))
        elsewhere = await act(
            bench.submit, ticket(symbol="MSFT", side=side, type=OrderType.LIMIT, limit_price=Decimal(99))
        )
        closed = await act(bench.desk.close, "AAPL", "nonce-close", "s", fraction)
        assert isinstance(closed, Order) and closed.state not in {"denied", "rejected"}, closed
        left = qty - int(qty * fraction)
        await until(lambda: bench.held().get("AAPL", 0) == left, "closed")
    statuses = [bench.referee.order(each.client_order_id).status for each in (more, elsewhere)]
    assert statuses == ["canceled", "new"]
    audited = [row for row in audit_lines(bench.journal) if row.what == "close_cancels"]
    assert [(row.details["canceled"], row.details["order"]) for row in audited] == [
        ([more.client_order_id], closed.client_order_id)
    ]


async def test_what_fills_instead_of_being_canceled_is_closed_too(bench: Bench) -> None:
    async with holding(bench, 10):
        more = await act(bench.submit, limit_ticket(Side.BUY, "99", 5))
        bench.referee.cancel_confirms = False
        closing = asyncio.create_task(act(bench.desk.close, "AAPL", "nonce-close", "s"))
        await until(lambda: bench.referee.cancels, "a cancel is asked for")
        await act(bench.referee.fill, more.client_order_id, "5", "99")
        closed = await closing
        assert isinstance(closed, Order) and closed.qty == 15
        await until(lambda: not bench.held(), "flat")


async def test_nobody_is_held_in_a_position_by_a_cancel_that_is_not_confirmed(bench: Bench) -> None:
    """The broker has the word then."""
    async with holding(bench, 10):
        await act(bench.submit, limit_ticket(Side.BUY, "99", 5))
        bench.referee.cancel_confirms = False
        closed = await act(bench.desk.close, "AAPL", "nonce-close", "s")
        assert isinstance(closed, Order)
        await until(lambda: not bench.held(), "flat")


def test_of_orders_that_hang_together_one_is_canceled() -> None:
    entry = order("entry", order_id="P")
    legs = [order(name, order_id=name, parent_id="P", state="held") for name in ("gain", "loss")]
    alone = order("alone", order_id="X")
    assert one_of_each_group([*legs, entry, alone]) == [entry, alone]
    working = order("working", order_id="W", parent_id="P")
    assert one_of_each_group([*legs, working]) == [working]


def test_the_exits_of_an_entry_that_works_are_not_canceled_by_their_side() -> None:
    """The broker would cancel the entry with them."""
    entry = order("entry", order_id="P")
    legs = [order(name, order_id=name, parent_id="P", side=Side.SELL, state="held") for name in ("gain", "loss")]
    alone = order("alone", order_id="X", side=Side.SELL)
    assert of_side([*legs, entry, alone], Side.SELL) == [alone]
    assert of_side([*legs, entry, alone], Side.BUY) == [entry]
    assert of_side([*legs, alone], Side.SELL) == [*legs, alone], "the entry is filled: they are exits now"
