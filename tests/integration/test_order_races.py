"""Races of an answer with the stream: changes of orders, and the exits that an entry brings, told in whatever order they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from domain.order import DONE, SENDING, Order, OrderClass, OrderType, Side
from orders.breaker import breaker_status
from orders.exposure import waiting_shares
from simulator.server import PracticeMarket, PracticeMarketConfig
from tests.order_bench import Bench, until
from tests.referee import Referee
from tests.unit.orders.samples import limit_ticket, ticket

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Account:
    """A new account of a practice market, as a bench wants it."""

    url: str
    stream_url: str
    account_id: str
    keys: tuple[str, str]

    async def arm(self, name: str, **more: Any) -> None:
        async with httpx.AsyncClient(base_url=self.url) as client:
            assert (await client.post("/_sim/faults", json={"name": name, **more})).status_code == 200


class PracticeBench(Bench):
    """A bench on an account of a practice market."""

    def __init__(self, account: Account, folder: Path) -> None:
        self.keys = account.keys
        super().__init__(cast(Referee, account), folder)


@pytest_asyncio.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench on a practice market, whose answers and updates are Alpaca's."""
    async with PracticeMarket(PracticeMarketConfig(data_dir=tmp_path, port=0)) as market:
        async with httpx.AsyncClient(base_url=market.url) as client:
            made = (await client.post("/_sim/accounts", json={"cash": 1_000_000})).json()
        account = Account(market.url, f"{market.stream_url}/stream", made["id"], (made["key"], made["secret"]))
        bench = PracticeBench(account, tmp_path)
        yield bench
        bench.journal.close()


async def change(bench: Bench, old: Order, **values: Any) -> Any:
    return await asyncio.to_thread(bench.desk.replace, old.client_order_id, {"nonce": "nonce-change", **values}, "s")


def open_now(bench: Bench) -> list[Order]:
    return bench.journal.open_orders(bench.referee.account_id)


def waiting(bench: Bench, side: Side) -> Decimal:
    return waiting_shares(open_now(bench), "AAPL", side, Decimal(100), Decimal("0.05"))


@pytest.mark.parametrize("qty", ["4", "10"])
async def test_a_fill_before_the_change_arrives_counts_once_and_nothing_stays_reserved_for_it(
    bench: Bench, qty: str
) -> None:
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        fills = iter([qty])
        bench.referee.before = lambda request: (
            bench.referee.fill(old.client_order_id, next(fills), "99") if request.startswith("PATCH") else None
        )
        bench.referee.fault("PATCH /v2/orders", "slow after")
        new = await change(bench, old, limit_price="98.5")
        assert isinstance(new, Order)
        await until(lambda: bench.held() == {"AAPL": Decimal(qty)}, "booked")
        filled = qty == "10"
        assert bench.order(old.client_order_id).state == ("filled" if filled else "replaced")
        assert bench.order(new.client_order_id).state == ("rejected" if filled else "new")
        assert waiting(bench, Side.BUY) == (0 if filled else 10)
    assert bench.reconcile() == "" and len(bench.fills()) == 1


async def test_a_late_fill_of_what_was_replaced_is_booked_beside_the_new_order(bench: Bench) -> None:
    """Told between the change and its answer: what may still fill is the new order alone."""
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        bench.referee.fault("PATCH /v2/orders", "slow after")
        changing = asyncio.create_task(change(bench, old, limit_price="98.5"))
        await until(lambda: bench.order(old.client_order_id).state == "replaced", "told before the answer")
        assert not changing.done()
        assert {order.client_order_id for order in open_now(bench)} == {
            kept.client_order_id for kept in bench.referee.orders.values() if kept.status == "new"
        }
        bench.referee.fill(old.client_order_id, "4", "99")
        new = await changing
        await until(lambda: bench.held() == {"AAPL": 4}, "booked")
        assert waiting(bench, Side.BUY) == 10 == new.remaining
    assert bench.reconcile() == "" and [fill.client_order_id for fill in bench.fills()] == [old.client_order_id]


@pytest.mark.parametrize("slow", [False, True], ids=["told after the answer", "told before the answer"])
async def test_a_change_that_the_stream_refuses_ends_and_the_old_order_goes_on(bench: Bench, slow: bool) -> None:
    """The answer says that the new order is about to be there; the event says that it is not."""
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        referee, made = bench.referee, bench.referee.order(old.client_order_id)
        body = {"id": "refused-1", "replaces": made.id, "status": "pending_new"}

        def refuse(request: str) -> None:
            if request.startswith("PATCH"):
                referee.send(referee._update(made, "order_replace_rejected", referee.now()))

        if slow:
            referee.before = refuse
        referee._replace = lambda order_id, asked: (200, {**made.to_json(), **asked, **body})  # type: ignore[method-assign]
        referee.fault("PATCH /v2/orders", "slow after")
        new = await change(bench, old, limit_price="98.5")
        if not slow:
            refuse("PATCH")
        await until(lambda: bench.order(new.client_order_id).state == "rejected", "refused")
        await asyncio.sleep(0.2)
        assert [order.client_order_id for order in open_now(bench)] == [old.client_order_id]
        assert breaker_status(bench.journal, referee.account_id).failures == 1


async def test_a_refusal_of_an_earlier_change_does_not_hide_one_that_lives(bench: Bench) -> None:
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(bench.submit, limit_ticket(Side.BUY, "99"))
        referee, made = bench.referee, bench.referee.order(old.client_order_id)
        referee.before = lambda request: (
            referee.send(referee._update(made, "order_replace_rejected", referee.now()))
            if request.startswith("PATCH")
            else None
        )
        referee.fault("PATCH /v2/orders", "slow after")
        new = await change(bench, old, limit_price="98.5")
        await until(lambda: bench.order(new.client_order_id).state == "new", "alive")
        assert bench.order(new.client_order_id).reason == "" and waiting(bench, Side.BUY) == 10
    assert bench.reconcile() == ""


async def test_the_practice_market_refuses_a_change_by_its_stream(practice: Bench) -> None:
    async with practice.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        old = await asyncio.to_thread(practice.submit, limit_ticket(Side.BUY, "10"))
        await until(lambda: practice.order(old.client_order_id).state == "new", "working")
        await cast(Any, practice.referee).arm("replace_rejected")
        new = await change(practice, old, limit_price="11")
        await until(lambda: practice.order(new.client_order_id).state == "rejected", "refused")
        assert practice.order(old.client_order_id).state not in DONE
        assert [order.client_order_id for order in open_now(practice)] == [old.client_order_id]


def bracket() -> Any:
    """An entry that waits, with both of its exits."""
    exits = {"take_profit_price": Decimal(500), "stop_loss_price": Decimal(5)}
    return ticket(type=OrderType.LIMIT, limit_price=Decimal(10), order_class=OrderClass.BRACKET, **exits)


def legs(bench: Bench) -> list[Order]:
    return [order for order in open_now(bench) if order.side is Side.SELL]


async def test_exits_that_the_stream_tells_before_any_answer_find_their_entry(practice: Bench) -> None:
    async with practice.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        await cast(Any, practice.referee).arm("hang", seconds=1)
        sending = asyncio.create_task(asyncio.to_thread(practice.submit, bracket()))
        await until(lambda: len(legs(practice)) == 2, "the stream tells of the exits")
        assert not sending.done(), "there was no answer yet"
        entry = await sending
        assert [(leg.external, leg.parent_id) for leg in legs(practice)] == [(False, entry.order_id)] * 2
        assert waiting(practice, Side.SELL) == 0, "they sleep until the entry is filled"


async def test_exits_whose_answer_nobody_heard_find_their_entry_at_the_next_comparison(practice: Bench) -> None:
    """Who sent the entry died before the answer, and the stream told that it works: nobody asks for it any more."""
    async with practice.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        asked = bracket()
        entry = practice.desk._order_of(asked, "td-died")
        with practice.journal.writing() as rows:
            rows.add_intent(entry, "s", "", [], Decimal(0))
            assert rows.claim("td-died", entry.account_id, "intent", SENDING)
        await asyncio.to_thread(practice.client.submit, entry)
        await until(lambda: practice.order("td-died").state == "new" and len(legs(practice)) == 2, "told by the stream")
        assert await asyncio.to_thread(practice.reconcile) == ""
        order_id = practice.order("td-died").order_id
        assert [(leg.external, leg.parent_id) for leg in legs(practice)] == [(False, order_id)] * 2
        assert waiting(practice, Side.SELL) == 0
