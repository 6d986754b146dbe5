"""The kill switch does what its mode says, once each time that it is turned on, whoever dies in between; exits go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from broker.order_client import OrderClient
from domain.order import DENIED, DONE, Order, Side
from orders.activation import Activations
from orders.flattening import ROUNDS, Flattening
from orders.kill_switch import KillMode
from stream_worker.kill_watch import KillWatch
from tests.order_bench import Bench, until
from tests.referee import KEYS, Kept, Referee
from tests.unit.orders.samples import limit_ticket, ticket

pytestmark = pytest.mark.slow


@pytest.fixture
def referee(referee: Referee) -> Referee:
    """Its account holds shares, long and short."""
    referee.holdings["AAPL"] = Decimal(10), Decimal(1000)
    referee.holdings["MSFT"] = Decimal(-4), Decimal(-400)
    return referee


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """It knows what the account holds."""
    assert not bench.reconcile()
    return bench


def flattening(bench: Bench, **changes: Any) -> Flattening:
    """As a worker has it that has just started."""
    account_id = bench.referee.account_id
    desk = changes.pop("desk", bench.desk)
    return Flattening(bench.journal, account_id, desk, changes.pop("reconciled", lambda: True), bench.elapsed)


def watch(bench: Bench, mode: KillMode) -> KillWatch:
    flat = flattening(bench) if mode is KillMode.FLATTEN else None
    return KillWatch(bench.kill, bench.journal, bench.client, bench.referee.account_id, mode, flat)


@asynccontextmanager
async def watching(bench: Bench, mode: KillMode) -> AsyncIterator[None]:
    task = asyncio.create_task(watch(bench, mode).run())
    try:
        yield
        assert not task.done(), "the watch has ended"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fill_exits(referee: Referee) -> None:
    """The broker fills what the kill switch sends, at once."""

    def fill(kept: Kept) -> None:
        referee.fill(kept, kept.qty, "100")

    referee.after_accept = fill


def exits(bench: Bench) -> list[tuple[str, str, Decimal]]:
    """What the kill switch sent: symbol, side, quantity."""
    ours = [kept for kept in bench.referee.orders.values() if kept.client_order_id in bench.referee.posts]
    return sorted((kept.symbol, kept.side, Decimal(kept.qty)) for kept in ours if kept.type == "market")


@pytest.mark.parametrize("mode", list(KillMode))
async def test_each_mode_does_what_it_says(bench: Bench, mode: KillMode) -> None:
    waiting = bench.submit(limit_ticket(Side.BUY, "99"))
    async with bench.trading() as trading, watching(bench, mode):
        await until(lambda: trading.reconciled, "compared")
        fill_exits(bench.referee)
        await asyncio.to_thread(bench.kill.turn, True, "by the button")
        denied = await asyncio.to_thread(bench.submit)
        if mode is KillMode.BLOCK:
            await asyncio.sleep(1.0)
        else:
            await until(lambda: bench.order(waiting.client_order_id).state in DONE, "canceled")
        if mode is KillMode.FLATTEN:
            await until(lambda: not bench.held(), "flat")
    assert denied.state == DENIED and "kill switch" in denied.reason
    assert (bench.order(waiting.client_order_id).state == "canceled") is (mode is not KillMode.BLOCK)
    closed = [("AAPL", "sell", Decimal(10)), ("MSFT", "buy", Decimal(4))]
    assert exits(bench) == (closed if mode is KillMode.FLATTEN else [])


async def test_it_closes_once_an_activation_and_again_at_the_next(bench: Bench) -> None:
    async with bench.trading() as trading, watching(bench, KillMode.FLATTEN):
        await until(lambda: trading.reconciled, "compared")
        fill_exits(bench.referee)
        await asyncio.to_thread(bench.kill.turn, True, "by the button")
        await until(lambda: not bench.held(), "flat")
        await asyncio.sleep(0.5)
        bench.referee.fill(bench.referee.place("SPY", "buy", "7"), "7", "100")
        await until(lambda: bench.held() == {"SPY": Decimal(7)}, "bought elsewhere while the switch is on")
        await asyncio.sleep(0.7)
        assert len(exits(bench)) == 2
        await asyncio.to_thread(bench.kill.turn, False, "by the button")
        await asyncio.sleep(0.5)
        await asyncio.to_thread(bench.kill.turn, True, "by the button")
        await until(lambda: not bench.held(), "flat again")
    assert ("SPY", "sell", Decimal(7)) in exits(bench) and len(exits(bench)) == 3


class Dies:
    """An order desk in a process that dies before, or right after, it sends its second order."""

    def __init__(self, bench: Bench, before: bool) -> None:
        self._bench, self._before, self._sent = bench, before, 0

    def submit(self, asked: Any, session: str) -> Order:
        self._sent += 1
        if self._sent == 2 and self._before:
            raise RuntimeError("killed")
        sent = self._bench.desk.submit(asked, session)
        if self._sent == 2:
            raise RuntimeError("killed")
        return sent


@pytest.mark.parametrize("before", [True, False])
async def test_whoever_goes_on_after_a_crash_sends_nothing_twice(bench: Bench, before: bool) -> None:
    async with bench.trading() as trading:
        await until(lambda: trading.reconciled, "compared")
        bench.kill.turn(True, "by the button")
        number = Activations(bench.journal, bench.referee.account_id).see(bench.kill.hands()).number  # type: ignore[union-attr]
        await asyncio.to_thread(flattening(bench).step, number)
        assert not exits(bench), "planned, and not sent yet"
        with pytest.raises(RuntimeError):
            await asyncio.to_thread(flattening(bench, desk=Dies(bench, before)).step, number)
        assert len(exits(bench)) == (1 if before else 2)
        part = next(kept for kept in bench.referee.orders.values() if kept.symbol == "AAPL")
        bench.referee.fill(part, "4", "100")
        await until(lambda: bench.held()["AAPL"] == 6, "a part is filled meanwhile")
        for _ in range(3):
            await asyncio.to_thread(flattening(bench).step, number)
        assert exits(bench) == [("AAPL", "sell", Decimal(10)), ("MSFT", "buy", Decimal(4))]
        bench.referee.fill(part, "6", "100")
        bench.referee.fill(next(kept for kept in bench.referee.orders.values() if kept.symbol == "MSFT"), "4", "100")
        await until(lambda: not bench.held(), "flat")
        await asyncio.to_thread(flattening(bench).step, number)
        await asyncio.to_thread(flattening(bench).step, number)
    assert len(exits(bench)) == 2


async def test_what_is_refused_is_tried_again_a_few_times_and_then_left_to_a_person(bench: Bench) -> None:
    bench.referee.always("POST /v2/orders", "403")
    bench.kill.turn(True, "by the button")
    flat = flattening(bench)
    for _ in range(12):
        await asyncio.to_thread(flat.step, 1)
    assert len(bench.referee.posts) == 2 * ROUNDS
    assert bench.held() == {"AAPL": 10, "MSFT": -4}


def test_beside_an_order_that_is_not_canceled_yet_its_tries_are_not_used_up(bench: Bench) -> None:
    """The broker sells nothing while an order to buy is open: a wash trade."""
    resting = bench.submit(limit_ticket(Side.BUY, "99"))
    bench.referee.refuses_wash = True
    fill_exits(bench.referee)
    flat, posts = flattening(bench), len(bench.referee.posts)
    flat.step(1)
    bench.passed_s += 5.1
    flat.step(1)
    flat.step(1)
    assert not bench.reconcile() and bench.held() == {"AAPL": 10}
    for _ in range(5 * ROUNDS):
        flat.step(1)
    assert len(bench.referee.posts) == posts + 2, "one round, not all of them"
    bench.referee.end(bench.referee.order(resting.client_order_id), "canceled")
    assert not bench.reconcile()
    flat.step(1)
    flat.step(1)
    assert not bench.reconcile() and not bench.held()


async def test_nothing_is_planned_before_the_positions_are_known_and_the_cancels_are_through(bench: Bench) -> None:
    bench.submit(limit_ticket(Side.BUY, "99"))
    posts = len(bench.referee.posts)
    unsure = flattening(bench, reconciled=lambda: False)
    for _ in range(3):
        unsure.step(1)
    sure = flattening(bench)
    for _ in range(3):
        sure.step(1)
    assert len(bench.referee.posts) == posts
    bench.passed_s += 5.1
    sure.step(1)
    sure.step(1)
    assert len(bench.referee.posts) == posts + 2


async def test_exits_that_come_while_it_is_on_are_let_through_and_stay(bench: Bench) -> None:
    """A limit to get out with, from the page, a moment after the switch; and an entry that somebody places elsewhere."""
    async with bench.trading() as trading, watching(bench, KillMode.CANCEL):
        await until(lambda: trading.reconciled, "compared")
        await asyncio.to_thread(bench.kill.turn, True, "by the button")
        await asyncio.sleep(0.5)
        way_out = await asyncio.to_thread(bench.submit, limit_ticket(Side.SELL, "101"))
        elsewhere = bench.referee.place("AAPL", "buy", "3")
        await until(lambda: elsewhere.status == "canceled", "canceled")
        await asyncio.sleep(0.5)
        assert bench.order(way_out.client_order_id).state == "new"
        assert (await asyncio.to_thread(bench.desk.cancel, way_out.client_order_id)).problem == ""


async def test_a_client_that_cannot_reach_the_broker_does_not_end_the_watch(bench: Bench) -> None:
    bench.submit(ticket())
    bench.client = OrderClient("http://127.0.0.1:9", *KEYS, paper=True)
    async with watching(bench, KillMode.FLATTEN):
        bench.kill.turn(True, "by the button")
        await asyncio.sleep(1.0)
