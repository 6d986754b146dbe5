"""The rows OR of the fault table: each fault done to a desk that follows its account, what is shown, and how soon it is over.

The waits are the real ones. Only OR10 waits for a comparison of every few seconds instead of every minute, but with SOAK=1.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

import stream_worker.trading as trading_module
from domain.order import DENIED, INTENT, UNKNOWN, Order
from orders.breaker import breaker_status
from orders.canceling import Cancel
from orders.unknown_orders import ABSENT_S, RATE_LIMIT_S
from stream_worker.trading import Trading
from tests.feed_desk import note_times
from tests.order_bench import Bench, until
from tests.unit.orders.samples import LIMITS, ticket

pytestmark = pytest.mark.slow

ANSWER_LIMIT_S = 12.0
COMPARED_EVERY_S = 60.0 if os.environ.get("SOAK") else 4.0


async def compared(made: Trading) -> None:
    await until(lambda: made.reconciled, "compared")


async def press(bench: Bench, **fields: Any) -> Order:
    return await asyncio.to_thread(bench.submit, ticket(**fields))


async def becomes(bench: Bench, order: Order, state: str, limit_s: float) -> float:
    """Seconds until an order is in a state."""
    began = time.monotonic()
    await until(
        lambda: bench.order(order.client_order_id).state == state, f"{order.client_order_id} is {state}", limit_s
    )
    return time.monotonic() - began


async def test_or1_a_504_after_the_order_was_accepted_is_found(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "504 after")
    bench.referee.fault("GET /v2/orders:by_client_order_id", "504 before", "502 html", "reset before")
    async with bench.trading() as made:
        await compared(made)
        bench.referee.deliver = lambda frame: []
        began = time.monotonic()
        order = await press(bench)
        noticed_s = time.monotonic() - began
        assert order.state == UNKNOWN and order.remaining == order.qty
        took_s = await becomes(bench, order, "new", 6)
    assert len(bench.referee.posts) == len(bench.referee.orders) == 1
    note_times("OR1", noticed_s, took_s)


async def test_or3_a_504_before_the_order_was_accepted_is_sent_again_under_its_id(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "504 before")
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        assert order.state == UNKNOWN
        took_s = await becomes(bench, order, "new", ABSENT_S + 10)
    assert bench.referee.posts == [order.client_order_id] * 2 and len(bench.referee.orders) == 1 and took_s >= ABSENT_S
    note_times("OR3", 0.0, took_s)


async def test_or4_a_burst_of_429_is_waited_out_and_counts_as_no_failure(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "429", "429")
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        assert order.state == INTENT and "429" in order.reason
        took_s = await becomes(bench, order, "new", 3 * RATE_LIMIT_S + 5)
    assert bench.referee.posts == [order.client_order_id] * 3 and len(bench.referee.orders) == 1
    note_times("OR4", 0.0, took_s)


async def test_or5_a_duplicate_id_is_looked_up_and_never_shown_as_rejected(bench: Bench) -> None:
    """The first POST was taken; its answer, and the first look-up, were lost."""
    bench.referee.fault("POST /v2/orders", "reset after")
    bench.referee.fault("GET /v2/orders:by_client_order_id", "504 before")
    async with bench.trading() as made:
        await compared(made)
        bench.referee.deliver = lambda frame: []
        order = await press(bench)
        with bench.journal.writing() as rows:  # as if it had been claimed to be sent again
            assert rows.claim(order.client_order_id, order.account_id, UNKNOWN, "sending")
        again = await asyncio.to_thread(bench.unknown._sending.post, order)
    assert again.state == "new" and again.order_id and not again.reason
    assert bench.referee.posts == [order.client_order_id] * 2 and len(bench.referee.orders) == 1
    note_times("OR5", 0.0, 0.0)


@pytest.mark.parametrize("times", [1, 2])
async def test_or8_parts_count_once_each_whatever_is_repeated_or_comes_late(bench: Bench, times: int) -> None:
    late: list[dict[str, Any]] = []
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        for number, qty in enumerate(("1", "2", "3", "4")):
            bench.referee.deliver = (lambda frame: late.append(frame) or []) if number == 1 else lambda frame: [frame]  # type: ignore[func-returns-value]
            bench.referee.fill(order.client_order_id, qty, "100", times)
        bench.referee.deliver = lambda frame: [frame]
        for frame in late:
            bench.referee.send(frame)
        began = time.monotonic()
        await becomes(bench, order, "filled", 5)
        await until(lambda: len(bench.fills()) == 4, "each part is booked")
        took_s = time.monotonic() - began
    now = bench.order(order.client_order_id)
    assert now.filled_qty == sum(fill.qty for fill in bench.fills()) == 10 and bench.held() == {"AAPL": 10}
    note_times("OR8", None, took_s)


async def test_or9_a_fill_after_the_cancel_was_taken_counts(bench: Bench) -> None:
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        canceled = await asyncio.to_thread(bench.desk.cancel, order.client_order_id)
        assert canceled == Cancel(order.client_order_id, "")
        await becomes(bench, order, "canceled", 5)
        bench.referee.fill(order.client_order_id, "10", "100")
        took_s = await becomes(bench, order, "filled", 5)
        await until(lambda: bench.held() == {"AAPL": 10}, "booked")
    note_times("OR9", 0.0, took_s)


async def test_or10_a_fill_that_is_never_told_is_found_by_the_next_comparison(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trading_module, "RECONCILE_S", COMPARED_EVERY_S)
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        bench.referee.fill(order.client_order_id, "10", "100", times=0)
        began = time.monotonic()
        await until(lambda: bench.held() == {"AAPL": 10}, "found", COMPARED_EVERY_S + 3)
        took_s = time.monotonic() - began
        assert made.reconciled and made.status.connects == 1 and len(bench.fills()) == 1
    note_times("OR10", None, took_s)


async def test_or10_a_fill_whose_successor_was_told_is_asked_for_within_seconds(bench: Bench) -> None:
    """The comparison is a minute away; that the parts do not add up is seen at once."""
    async with bench.trading() as made:
        await compared(made)
        order = await press(bench)
        bench.referee.fill(order.client_order_id, "4", "100", times=0)
        bench.referee.fill(order.client_order_id, "6", "100")
        began = time.monotonic()
        await until(lambda: bench.held() == {"AAPL": 10}, "found", 12)
        took_s = time.monotonic() - began
    note_times("OR10 seen", None, took_s)


async def test_or11_an_order_of_another_program_is_shown_as_external_and_counts(bench: Bench) -> None:
    bench.wishes = {"limits": replace(LIMITS, max_position_pct=Decimal("0.025"))}  # 2,500 USD: 24 shares at 100.10
    async with bench.trading() as made:
        await compared(made)
        began = time.monotonic()
        bench.referee.place("AAPL", "buy", "20", "from-elsewhere")
        await until(lambda: bench.journal.order("from-elsewhere") is not None, "the order is there", 5)
        took_s = time.monotonic() - began
        assert bench.order("from-elsewhere").external
        denied = await press(bench)
        assert denied.state == DENIED and "position could become" in denied.reason
        canceled = await asyncio.to_thread(bench.desk.cancel, "from-elsewhere")
        assert canceled.problem == ""
    note_times("OR11", took_s, None)


async def test_or12_a_black_hole_is_answered_in_time_and_holds_nobody_else_up(bench: Bench) -> None:
    async with bench.trading() as made:
        await compared(made)
        resting = await press(bench)
        bench.referee.deliver = lambda frame: []
        bench.referee.always("POST /v2/orders", "hang after")
        bench.referee.always("GET /v2/orders:by_client_order_id", "hang before")
        before = threading.active_count()
        began = time.monotonic()
        with ThreadPoolExecutor(10) as threads:
            answers = [threads.submit(bench.submit, ticket(qty=Decimal(number))) for number in range(1, 11)]
            denied = await until(lambda: [each for each in answers if each.done()], "some are denied at once", 2.0)
            canceled = await asyncio.to_thread(bench.desk.cancel, resting.client_order_id)
            assert canceled.problem == "" and time.monotonic() - began < 2.5
            assert "6 orders wait for an answer of the broker, limit 6" in denied[0].result().reason
            states = [await asyncio.to_thread(lambda each=each: each.result().state) for each in answers]  # type: ignore[misc]
        took_s = time.monotonic() - began
        assert sorted(states) == [DENIED] * 4 + [UNKNOWN] * 6 and took_s < ANSWER_LIMIT_S
        assert threading.active_count() <= before + 2  # those of asyncio itself
        bench.referee.forgive()
        await until(lambda: not _unknown(bench), "all are found", 10)
    assert len(bench.referee.posts) == len(set(bench.referee.posts)) == 7
    note_times("OR12", took_s, None)


async def test_or15_a_position_that_nobody_knows_at_the_start_stops_new_orders_and_is_shown(bench: Bench) -> None:
    async with bench.trading() as made:
        await compared(made)
    bench.referee.holdings["MSFT"] = (Decimal(-30), Decimal(-1500))
    began = time.monotonic()
    async with bench.trading() as made:
        await until(lambda: made.why.startswith("MSFT"), "the difference is told", 10)
        took_s = time.monotonic() - began
        assert made.why == "MSFT: the journal says 0, the broker -30" and not made.reconciled
        bench.wishes = {"reconciled": made.reconciled}
        assert (await press(bench)).state == DENIED and not bench.referee.posts
    note_times("OR15", took_s, None)


def _unknown(bench: Bench) -> list[Order]:
    return [order for order in bench.journal.open_orders(bench.referee.account_id) if order.state == UNKNOWN]


async def test_an_order_that_is_taken_and_then_rejected_counts_once_whichever_is_told_first(bench: Bench) -> None:
    """By the answer alone, by the stream before the answer, by the stream afterwards; the fifth in a row opens the breaker."""
    referee = bench.referee

    def failures() -> int:
        return breaker_status(bench.journal, referee.account_id).failures

    referee.after_accept = lambda kept: referee.end(kept, "rejected", times=0)
    assert bench.submit().state == "rejected" and failures() == 1
    async with bench.trading() as made:
        await compared(made)
        referee.after_accept = lambda kept: referee.end(kept, "rejected")
        referee.fault("POST /v2/orders", "slow after")
        await becomes(bench, await press(bench), "rejected", 5)
        assert failures() == 2
        referee.after_accept = lambda kept: None
        for number in range(3, 6):
            order = await press(bench)
            assert order.state == "new"
            referee.end(referee.order(order.client_order_id), "rejected", times=2)
            await becomes(bench, order, "rejected", 5)
            assert failures() == number
    assert breaker_status(bench.journal, referee.account_id).is_open
    assert bench.reconcile() == "" and failures() == 5
