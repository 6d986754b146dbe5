"""The order protocol against the referee, a broker of the tests' own, on real sockets: sent once, followed to its end."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import broker.order_client as order_client
import stream_worker.trading as trading_module
from broker.order_client import OrderClient
from domain.errors import HistoryError
from domain.fill import Fill
from domain.order import DENIED, DONE, INTENT, NOT_PLACED, SENDING, UNKNOWN, Order, OrderType, Side, TimeInForce
from domain.position import Position, apply_fill
from domain.status import DeskStatus, StreamState
from orders.client_id import client_order_id
from orders.desk import Cancel, OrderDesk
from orders.journal import Journal, JournalBusyError
from orders.kill_switch import KillSwitch
from orders.still_wanted import WANTED_S
from orders.unknown_orders import ABSENT_S, DEAD_S, RATE_LIMIT_S
from stream_worker.market import Market
from tests.desk import ROOT, wait_until
from tests.order_bench import Bench, until
from tests.referee import KEYS, Fault, Kept, Referee
from tests.unit.orders.samples import LIMITS, ticket

pytestmark = pytest.mark.slow

ANSWER_LIMIT_S = 12.0
OPEN_WORDS = {"new", "accepted"}


@contextmanager
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = {thread for thread in threading.enumerate() if thread not in before and not thread.daemon}
    assert not left


# A click: whatever the broker does, one POST, one honest answer, in time

OUTCOMES: list[tuple[Fault | None, set[str], bool]] = [
    (None, {"new"}, True),
    ("504 before", {UNKNOWN}, False),
    ("504 after", {"new"}, True),
    ("500 after", {"new"}, True),
    ("502 html", {UNKNOWN}, False),
    ("502 html after", {"new"}, True),
    ("reset before", {UNKNOWN}, False),
    ("reset after", {"new"}, True),
    ("hang before", {UNKNOWN}, False),
    ("hang after", {"new"}, True),
    ("truncated after", {"new"}, True),
    ("empty after", {"new"}, True),
    ("list after", {"new"}, True),
    ("null after", {"new"}, True),
    ("429", {INTENT}, False),
    ("403", {"rejected"}, False),
    ("401", {"rejected"}, False),
    ("422 duplicate", {UNKNOWN}, False),
]


@pytest.mark.parametrize(("fault", "states", "taken"), OUTCOMES, ids=[str(case[0]) for case in OUTCOMES])
def test_every_outcome_of_a_post(
    referee: Referee,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault | None,
    states: set[str],
    taken: bool,
) -> None:
    monkeypatch.setattr(order_client, "POST_LIMIT_S", 1.0)  # the real limit is tried below, once
    bench = Bench(referee, tmp_path)
    if fault:
        bench.referee.fault("POST /v2/orders", fault)
    began = time.monotonic()
    with no_thread_is_left():
        order = bench.submit()
    assert time.monotonic() - began < ANSWER_LIMIT_S
    assert order.state in states and bool(order.order_id) is taken
    assert bench.referee.posts == [order.client_order_id]
    assert len(bench.referee.orders) == (1 if taken or (fault or "").endswith("after") else 0)
    assert bench.order(order.client_order_id) == order
    if order.state in (UNKNOWN, INTENT, "rejected"):
        assert order.reason
    if order.state == UNKNOWN:
        assert order.remaining == order.qty


def test_a_refusal_is_told_in_the_brokers_own_words(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "403")
    assert bench.submit().reason == "insufficient buying power"


def test_a_broker_that_hangs_altogether_is_answered_in_time(bench: Bench) -> None:
    bench.referee.always("POST /v2/orders", "hang after")
    bench.referee.always("GET /v2/orders:by_client_order_id", "hang before")
    began = time.monotonic()
    order = bench.submit()
    assert order.state == UNKNOWN and time.monotonic() - began < ANSWER_LIMIT_S
    assert len(bench.referee.posts) == 1


def test_a_broker_that_is_not_there_leaves_the_order_unknown_at_once(bench: Bench) -> None:
    bench.client = OrderClient("http://127.0.0.1:9", *KEYS, paper=True)
    desk = OrderDesk(bench.referee.account_id, bench.journal, bench.client, bench.kill, bench.look)
    assert desk.submit(ticket(), "s").state == UNKNOWN


LOST: list[Fault] = ["504 before", "reset before", "502 html"]


@pytest.mark.parametrize("fault", LOST)
def test_an_order_that_never_arrived_is_sent_again_under_the_same_id_after_a_while(bench: Bench, fault: Fault) -> None:
    bench.referee.fault("POST /v2/orders", fault)
    order = bench.submit()
    assert bench.settle() == 1 and bench.settle(ABSENT_S - 1) == 1
    assert bench.order(order.client_order_id).state == UNKNOWN and len(bench.referee.posts) == 1
    assert bench.settle(1 + 0.5) == 0
    ended = bench.order(order.client_order_id)
    assert (ended.state, ended.reason) == ("new", "") and bench.referee.posts == [order.client_order_id] * 2
    assert len(bench.referee.orders) == 1 and bench.settle(60) == 0 and len(bench.referee.posts) == 2


UNWANTED = ["kill", "stopped", "too old", "clock set forward", "clock set back"]


@pytest.mark.parametrize("why", UNWANTED)
@pytest.mark.parametrize("fault", ["504 before", "429"])
def test_an_order_that_never_arrived_and_is_not_wanted_any_more_is_never_sent_again(
    bench: Bench, fault: Fault, why: str
) -> None:
    bench.referee.fault("POST /v2/orders", fault)
    order = bench.submit()
    assert bench.settle() == 1
    if why == "kill":
        bench.kill.turn(True, "by the button")
    bench.stopped = "The market is closed." if why == "stopped" else ""
    bench.wall_step_s = {"clock set forward": 3600.0, "clock set back": -3600.0}.get(why, 0.0)
    assert bench.settle(WANTED_S if why == "too old" else ABSENT_S) == 0
    ended = bench.order(order.client_order_id)
    told = {"kill": "kill switch is on", "stopped": "market is closed"}.get(why, "older than 30 s")
    assert ended.state == NOT_PLACED and not ended.remaining and told in ended.reason
    bench.kill.turn(False, "by the button")
    assert bench.settle(60) == 0 and len(bench.referee.posts) == 1


def test_a_change_that_never_arrived_is_not_sent_again(bench: Bench) -> None:
    """The order that it would replace goes on meanwhile; it may be filled by now."""
    order = bench.submit()
    bench.referee.fault("PATCH /v2/orders", "504 before")
    changed = bench.desk.replace(order.client_order_id, {"qty": "15", "nonce": "nonce-change"}, "session")
    assert isinstance(changed, Order) and changed.state == UNKNOWN
    assert bench.settle() == 1 and bench.settle(ABSENT_S) == 0
    ended = bench.order(changed.client_order_id)
    assert ended.state == NOT_PLACED and "not sent again" in ended.reason
    assert bench.order(order.client_order_id).state == "new" and len(bench.referee.posts) == 2


def test_a_clock_that_is_set_forward_does_not_shorten_the_wait(bench: Bench) -> None:
    """CL1: what settles an order is elapsed time; the wall clock only says that it is not young any more."""
    bench.referee.fault("POST /v2/orders", "504 before")
    order = bench.submit()
    bench.wall_step_s = 3600.0
    assert bench.settle() == 1 and bench.settle(ABSENT_S - 1) == 1
    assert bench.order(order.client_order_id).state == UNKNOWN


def test_the_rate_limit_is_waited_out_and_the_same_id_is_sent_again(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", *["429"] * 3)
    order = bench.submit()
    assert order.state == INTENT and "429" in order.reason and order.remaining == 10
    left = [bench.settle(wait_s) for wait_s in (0, RATE_LIMIT_S - 1, 1, 0, RATE_LIMIT_S, 0, RATE_LIMIT_S)]
    assert left == [1, 1, 1, 1, 1, 1, 0] and bench.order(order.client_order_id).state == "new"
    assert bench.referee.posts == [order.client_order_id] * 4 and len(bench.referee.orders) == 1


def test_a_broker_that_cannot_be_asked_leaves_the_order_unknown_for_as_long_as_it_takes(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "504 before")
    bench.referee.always("GET /v2/orders:by_client_order_id", "502 html")
    order = bench.submit()
    assert [bench.settle(60) for _ in range(20)] == [1] * 20
    waiting = bench.order(order.client_order_id)
    assert waiting.state == UNKNOWN and waiting.remaining == 10 and len(bench.referee.posts) == 1


def test_look_ups_come_less_and_less_often(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "504 before")
    bench.referee.always("GET /v2/orders:by_client_order_id", "502 html")
    bench.submit()
    before, looks = len(bench.referee.requests), []
    for tenth in range(300):
        bench.settle(0.1 if tenth else 0)
        looks += [tenth / 10] if len(bench.referee.requests) > before + len(looks) else []
    gaps = [round(2 * (later - at)) / 2 for at, later in itertools.pairwise(looks)]
    assert gaps == [0.5, 1, 2, 4, ABSENT_S - 7.5, 8, 8], "and once at the moment from which absence counts"


@pytest.mark.parametrize("fault", ["504 after", "reset after", "truncated after"])
def test_an_order_that_arrived_is_found_as_soon_as_the_broker_can_be_asked(bench: Bench, fault: Fault) -> None:
    bench.referee.fault("POST /v2/orders", fault)
    bench.referee.fault("GET /v2/orders:by_client_order_id", "504 before", "502 html", "truncated")
    order = bench.submit()
    assert order.state == UNKNOWN
    assert [bench.settle(wait_s) for wait_s in (0, 0.5, 1)] == [1, 1, 0]
    found = bench.order(order.client_order_id)
    assert (found.state, found.reason) == ("new", "") and len(bench.referee.posts) == 1


def test_an_order_that_comes_late_to_a_broker_that_denied_it_is_alive_again(bench: Bench) -> None:
    bench.referee.fault("POST /v2/orders", "504 before")
    order = bench.submit()
    assert (
        bench.settle() == 1 and bench.settle(WANTED_S) == 0 and bench.order(order.client_order_id).state == NOT_PLACED
    )
    late = bench.referee.place("AAPL", "buy", "10", order.client_order_id)
    assert bench.reconcile() == ""
    assert bench.order(order.client_order_id).state == "new"
    assert bench.desk.cancel(order.client_order_id) == Cancel(order.client_order_id, "")
    assert late.status == "canceled"


def test_twenty_presses_of_one_button_are_one_order(bench: Bench) -> None:
    asked = ticket()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: bench.submit(asked), range(20)))
    assert len({order.client_order_id for order in answers}) == 1
    assert len(bench.referee.posts) == len(bench.referee.orders) == 1


def test_the_same_ticket_again_after_any_end_is_not_sent_again(bench: Bench) -> None:
    asked = ticket()
    bench.referee.fault("POST /v2/orders", "403")
    assert bench.submit(asked).state == bench.submit(asked).state == "rejected"
    assert len(bench.referee.posts) == 1


@pytest.mark.parametrize("parties", [2, 16])
def test_two_who_submit_at_once_cannot_both_pass_the_position_limit(bench: Bench, parties: int) -> None:
    bench.wishes = {
        "limits": replace(LIMITS, max_position_pct=Decimal("0.015"))
    }  # 1,500 USD: one order of 10 at 100.10
    ready = threading.Barrier(parties)

    def press(number: int) -> Order:
        own = Bench(bench.referee, bench.folder, **bench.wishes)
        ready.wait()
        return own.desk.submit(ticket(), f"session-{number}")

    with ThreadPoolExecutor(parties) as threads:
        states = sorted(order.state for order in threads.map(press, range(parties)))
    assert states == [DENIED] * (parties - 1) + ["new"]
    assert len(bench.referee.posts) == 1


SUBMITTER = """
import sys
sys.path.insert(0, sys.argv[1])
from decimal import Decimal
from dataclasses import replace
from pathlib import Path
from tests.integration.test_order_protocol import Bench, LIMITS, ticket
from tests.referee import Referee

class There:
    pass

there = There()
there.url, there.account_id = sys.argv[2], sys.argv[3]
bench = Bench(there, Path(sys.argv[4]), limits=replace(LIMITS, max_position_pct=Decimal(sys.argv[6])))
print("there", flush=True)
sys.stdin.readline()
print(bench.submit(ticket(nonce=sys.argv[5])).state, flush=True)
"""


def submitter(bench: Bench, nonce: str, most: str = "1") -> subprocess.Popen[str]:
    """Another process that is about to press the button."""
    place = bench.referee.url, bench.referee.account_id, str(bench.folder)
    command = [sys.executable, "-c", SUBMITTER, str(ROOT), *place, nonce, most]
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert made.stdout and "there\n" in made.stdout
    return made


def press(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def test_processes_that_submit_at_once_cannot_together_pass_the_position_limit(bench: Bench) -> None:
    processes = [submitter(bench, f"process-{number}", "0.025") for number in range(4)]
    for process in processes:
        press(process)
    states = sorted(process.communicate()[0].split()[-1] for process in processes)
    assert states == [DENIED, DENIED, "new", "new"] and len(bench.referee.posts) == 2


# The journal cannot be written


@pytest.fixture
def quick(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The same desk, with little patience for a locked journal."""
    monkeypatch.setattr("orders.sqlite_file.BUSY_S", 0.1)
    made = Bench(bench.referee, bench.folder)
    yield made
    made.journal.close()


def test_an_order_that_cannot_be_written_down_is_not_sent(bench: Bench, quick: Bench) -> None:
    with bench.journal.writing(), pytest.raises(JournalBusyError):
        quick.submit()
    assert not bench.referee.requests and bench.journal.orders(bench.referee.account_id) == []
    assert quick.submit().state == "new"


def test_an_answer_that_cannot_be_written_down_leaves_an_order_that_is_found_later(bench: Bench, quick: Bench) -> None:
    with ExitStack() as stack:
        bench.referee.after_accept = lambda order: stack.enter_context(bench.journal.writing()).audit("x", "lock")
        order = quick.submit()
        assert order.state == UNKNOWN and "do not send it again" in order.reason
        assert bench.order(order.client_order_id).state == SENDING
    assert bench.settle() == 1 and bench.settle(DEAD_S) == 0
    assert bench.order(order.client_order_id).state == "new"
    assert len(bench.referee.posts) == 1


# The kill switch


def test_the_kill_switch_stops_an_order_between_the_look_and_the_post(bench: Bench) -> None:
    class Late(KillSwitch):
        def on_by(self, rows: Any = None) -> str:
            return "" if rows else "by the button"

    late = Late(bench.journal, (), False)
    desk = OrderDesk(bench.referee.account_id, bench.journal, bench.client, late, bench.look)
    order = desk.submit(ticket(), "s")
    assert order.state == DENIED and "by the button" in order.reason and not bench.referee.posts


def buy(bench: Bench, symbol: str = "AAPL", qty: int = 10, price: str = "100") -> Kept:
    """Hold shares: bought, filled and known to the journal."""
    order = bench.submit(ticket(symbol=symbol, qty=Decimal(qty)))
    kept = bench.referee.order(order.client_order_id)
    bench.referee.fill(kept, str(qty), price)
    assert bench.reconcile() == ""
    return kept


def test_an_exit_passes_the_kill_switch_and_an_entry_does_not(bench: Bench) -> None:
    buy(bench)
    (bench.folder / "KILL").touch()
    assert bench.submit().state == DENIED
    answer = bench.desk.close("AAPL", "nonce-close", "s")
    assert isinstance(answer, Order) and answer.state == "new", answer
    with bench.journal.writing() as rows:
        audited = rows._connection.exec_driver_sql("SELECT details FROM audit WHERE what = 'exit_let_through'").all()
    assert len(audited) == 1 and "KILL_SWITCH" in audited[0][0] and answer.client_order_id in audited[0][0]


def test_a_process_that_stood_still_before_the_post_does_not_send_what_was_settled(bench: Bench) -> None:
    """The worker has called the intent not placed; the press that wakes up then must not make an order of it."""

    class Asleep(KillSwitch):
        def on_by(self, rows: Any = None) -> str:
            if rows is None:
                with bench.journal.writing() as writing:
                    (order,) = bench.journal.open_orders(bench.referee.account_id)
                    assert writing.claim(order.client_order_id, order.account_id, order.state, NOT_PLACED)
            return ""

    asleep = Asleep(bench.journal, (), False)
    desk = OrderDesk(bench.referee.account_id, bench.journal, bench.client, asleep, bench.look)
    assert desk.submit(ticket(), "s").state == NOT_PLACED
    assert not bench.referee.posts


# Cancel, close, flatten


def test_a_cancel_is_a_request_and_the_update_is_the_answer(bench: Bench) -> None:
    bench.referee.cancel_confirms = False
    order = bench.submit()
    assert bench.desk.cancel(order.client_order_id) == Cancel(order.client_order_id, "")
    assert bench.order(order.client_order_id).state == "new"
    assert bench.reconcile() == "" and bench.order(order.client_order_id).state == "pending_cancel"
    assert bench.order(order.client_order_id).remaining == 10


def test_a_fill_wins_against_the_cancel_that_was_taken(bench: Bench) -> None:
    bench.referee.cancel_confirms = False
    order = bench.submit()
    assert not bench.desk.cancel(order.client_order_id).problem
    bench.referee.fill(order.client_order_id, "10", "100")
    assert bench.reconcile() == ""
    assert bench.order(order.client_order_id).state == "filled" and bench.held() == {"AAPL": 10}


def test_what_cannot_be_canceled_says_why(bench: Bench) -> None:
    kept = buy(bench)
    assert "filled already" in bench.desk.cancel(kept.client_order_id).problem
    assert "no such order" in bench.desk.cancel("td-nothing").problem
    order = bench.submit()
    bench.referee.fill(order.client_order_id, "10", "100")
    assert 'already in "filled" state' in bench.desk.cancel(order.client_order_id).problem


@pytest.mark.parametrize("fault", ["504 before", "reset before", "502 html", "hang before", "429", "401"])
def test_a_cancel_that_failed_says_so_in_time(bench: Bench, fault: Fault) -> None:
    order = bench.submit()
    bench.referee.fault(f"DELETE /v2/orders/{order.order_id}", fault)
    began = time.monotonic()
    assert bench.desk.cancel(order.client_order_id).problem
    assert time.monotonic() - began < ANSWER_LIMIT_S
    assert bench.desk.cancel(order.client_order_id).problem == ""


def test_close_makes_a_position_flat_long_or_short(bench: Bench) -> None:
    assert isinstance(bench.desk.close("AAPL", "nonce-none", "s"), str)
    buy(bench)
    bench.referee.place("MSFT", "sell", "7", "elsewhere")
    bench.referee.fill("elsewhere", "7", "50")
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10, "MSFT": -7}
    for symbol in ("AAPL", "MSFT"):
        order = bench.desk.close(symbol, f"nonce-{symbol}", "s")
        assert isinstance(order, Order)
        assert bench.desk.close(symbol, f"nonce-{symbol}", "s") == order
        bench.referee.fill(order.client_order_id, order.qty, "60")
    assert bench.reconcile() == "" and bench.held() == {} and not bench.referee.positions()


async def test_flatten_cancels_what_works_and_closes_what_is_held(bench: Bench) -> None:
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        for symbol in ("AAPL", "MSFT"):
            order = await asyncio.to_thread(bench.submit, ticket(symbol=symbol))
            bench.referee.fill(order.client_order_id, "10", "100")
        resting = await asyncio.to_thread(bench.submit, ticket(symbol="SPY"))
        await until(lambda: bench.held() == {"AAPL": 10, "MSFT": 10}, "both are held")
        answers = await asyncio.to_thread(bench.desk.flatten, "nonce-flat", "s")
        for answer in answers:
            assert isinstance(answer, Order) and answer.side is Side.SELL and answer.state in OPEN_WORDS, answers
            bench.referee.fill(answer.client_order_id, answer.qty, "99")
        await until(lambda: not bench.held(), "all is flat")
    assert bench.referee.order(resting.client_order_id).status == "canceled" and not bench.referee.positions()


# The worker's side


def fast(monkeypatch: pytest.MonkeyPatch, reconcile_s: float = 0.5) -> None:
    monkeypatch.setattr(trading_module, "RECONCILE_S", reconcile_s)
    monkeypatch.setattr(trading_module, "RECONCILE_UNSURE_S", min(reconcile_s, 0.5))


async def test_fills_come_by_the_stream_at_once_and_once(bench: Bench) -> None:
    async with bench.trading() as made:
        await until(lambda: made.reconciled and made.status.state is StreamState.LIVE, "compared")
        order = await asyncio.to_thread(bench.submit)
        for qty, times in (("3", 1), ("2", 3), ("5", 2)):
            bench.referee.fill(order.client_order_id, qty, "100.50", times)
        await until(lambda: bench.order(order.client_order_id).state == "filled", "filled")
        assert bench.held() == {"AAPL": 10} and len(bench.fills()) == 3
        await until(lambda: made.holdings.account and made.holdings.account.cash == bench.referee.cash_now(), "cash")
        shown = made.holdings.describe_account(Market(()))
        assert shown and shown["cash"] == "98995.00"


async def test_fills_while_nobody_listened_are_found_each_once(bench: Bench) -> None:
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(bench.submit)
        bench.referee.fill(order.client_order_id, "1", "100")
        await until(lambda: len(bench.fills()) == 1, "the first fill")
        bench.referee.hang_up(stay_away=True)
        await until(lambda: made.status.state is StreamState.RECONNECTING and not made.reconciled, "told as lost")
        bench.referee.fill(order.client_order_id, "4", "101", times=0)
        bench.referee.place("MSFT", "sell", "5", "elsewhere", tell=False)
        bench.referee.fill("elsewhere", "5", "50", times=0)
        bench.referee.let_in()
        await until(lambda: made.reconciled, "compared again")
        assert bench.held() == {"AAPL": 5, "MSFT": -5} and len(bench.fills()) == 3
        assert bench.order("elsewhere").external
        late = bench.referee.executions[1]
        bench.referee.send(bench.referee.update_of(late))
        bench.referee.fill(order.client_order_id, "5", "102")
        await until(lambda: bench.order(order.client_order_id).state == "filled", "the last fill")
        assert bench.held() == {"AAPL": 10, "MSFT": -5} and len(bench.fills()) == 4


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_one_lost_update_of_a_healthy_stream_is_found_by_the_next_comparison(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    fast(monkeypatch)
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(bench.submit)
        for number, qty in enumerate(("3", "2", "5")):
            bench.referee.fill(order.client_order_id, qty, "100", times=int(number != lost))
        await until(lambda: bench.held() == {"AAPL": 10}, "every fill is booked")
        assert len(bench.fills()) == 3 and made.reconciled and made.status.connects == 1
        await until(lambda: bench.order(order.client_order_id).state == "filled", "filled")


@pytest.mark.parametrize("end", ["canceled", "expired", "replaced", "rejected"])
def test_the_end_of_an_order_that_the_stream_lost_is_found_by_the_next_comparison(bench: Bench, end: str) -> None:
    assert bench.reconcile() == ""
    order = bench.submit()
    bench.referee.end(bench.referee.order(order.client_order_id), end, times=0)
    assert bench.reconcile() == ""
    assert (bench.order(order.client_order_id).state, bench.order(order.client_order_id).remaining) == (end, Decimal(0))


async def test_a_fill_that_comes_during_the_first_comparison_is_kept_and_booked_after_it(bench: Bench) -> None:
    """The list of fills was read before it; the next comparison is a minute away."""
    order = bench.referee.place("AAPL", "buy", "1", "elsewhere")

    def at_the_end(asked: str) -> None:
        if asked == "GET /v2/account" and not order.filled_qty:
            done = bench.referee.fill(order, "1", "100", times=0)
            asyncio.get_running_loop().create_task(bench.referee.send_now(bench.referee.update_of(done)))
            bench.referee.fault("GET /v2/account", "slow after")

    bench.referee.before = at_the_end
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        await until(lambda: bench.held() == {"AAPL": 1}, "booked", 4.0)


STRANGE = [
    "<html>", "[]", "null", "7", '"x"', "{}", '{"stream":"trade_updates"}', '{"stream":"trade_updates","data":null}',
    '{"stream":"trade_updates","data":{"event":"fill","order":{}}}', "[" * 5_000, '{"stream":"other","data":{}}', "\x01",
    '{"stream":"trade_updates","data":{"event":"fill","order":{"id":"1","client_order_id":"c","symbol":"A","side":"sell_short",'
    '"type":"x","qty":"1","time_in_force":"day","status":"new"}}}',
]  # fmt: skip


async def test_frames_that_cannot_be_read_are_put_aside_and_the_next_one_counts(bench: Bench) -> None:
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        for text in STRANGE:
            bench.referee.send(text)
        bench.referee.place("AAPL", "buy", "2", "elsewhere")
        bench.referee.fill("elsewhere", "2", "10")
        await until(lambda: bench.held() == {"AAPL": 2}, "the fill after them")
        assert made.status.connects == 1 and made.describe(DeskStatus()).trading.quarantined >= 8


async def test_a_state_word_that_nobody_knows_keeps_the_order_open(bench: Bench) -> None:
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(bench.submit)
        bench.referee.end(bench.referee.order(order.client_order_id), "under_review")
        await until(lambda: bench.order(order.client_order_id).state == "under_review", "the word")
        assert bench.order(order.client_order_id).remaining == 10
        (canceled,) = await asyncio.to_thread(bench.desk.cancel_all)
        assert canceled.problem == ""


async def test_a_row_of_the_broker_that_cannot_be_read_does_not_end_the_worker(bench: Bench) -> None:
    many_legs = {
        "id": "m",
        "client_order_id": "m",
        "symbol": "",
        "side": "",
        "type": "limit",
        "qty": "1",
        "status": "new",
    }
    bench.referee.raw_orders.append(many_legs | {"time_in_force": "day"})
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        assert made.describe(DeskStatus()).trading.quarantined > 0


LISTS = ["GET /v2/orders", "GET /v2/positions", "GET /v2/account/activities/FILL", "GET /v2/account", "GET /v2/clock"]
WRONG: list[Fault] = ["504 before", "502 html", "truncated", "empty", "null", "odd", "reset before", "401"]


@pytest.mark.parametrize("fault", WRONG)
async def test_a_comparison_that_fails_denies_new_orders_and_is_made_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fast(monkeypatch)
    monkeypatch.setattr(trading_module, "delay_s", lambda failures, chance: 0.01)
    monkeypatch.setattr(trading_module, "REFUSED_WAIT_S", 0.01)
    bench.referee.holdings["AAPL"] = (Decimal(3), Decimal(300))
    for request in LISTS:
        bench.referee.fault(request, fault)
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared in the end")
        assert bench.held() == {"AAPL": 3} and made.why == ""


async def test_an_unknown_order_is_settled_while_the_stream_is_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.referee.hang_up(stay_away=True)
    bench.referee.fault("POST /v2/orders", "504 after")
    bench.referee.always("GET /v2/orders:by_client_order_id", "502 html")
    async with bench.trading() as made:
        order = await asyncio.to_thread(bench.submit)
        assert order.state == UNKNOWN
        bench.referee.always("GET /v2/orders:by_client_order_id", None)
        await until(lambda: bench.order(order.client_order_id).state == "new", "settled")
        assert not made.reconciled and not bench.referee.listeners


@pytest.mark.parametrize("manner", ["garbage", "partial", "never"])
async def test_a_stream_that_does_not_say_that_it_listens_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, manner: Any
) -> None:
    monkeypatch.setattr(trading_module, "delay_s", lambda failures, chance: 0.01)
    bench.referee.listening = manner
    async with bench.trading() as made:
        await until(lambda: made.status.state is StreamState.RECONNECTING and made.status.why, "told as lost")
        assert not made.reconciled
        bench.referee.listening = "yes"
        await until(lambda: made.reconciled, "compared")


async def test_a_locked_journal_costs_no_fill_and_does_not_end_the_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.sqlite_file.BUSY_S", 0.1)
    monkeypatch.setattr(trading_module, "delay_s", lambda failures, chance: 0.01)
    quick = Bench(bench.referee, bench.folder)
    async with quick.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(quick.submit)
        with bench.journal.writing():
            bench.referee.fill(order.client_order_id, "4", "100")
            await until(lambda: not made.reconciled, "told as lost")
        await until(lambda: quick.held() == {"AAPL": 4}, "booked in the end")
        assert len(quick.fills()) == 1


# Positions that differ, and accounts that were never seen


@pytest.mark.parametrize("with_open_order", [False, True])
async def test_a_position_that_differs_shows_both_numbers_and_stops_new_orders_but_not_cancels(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, with_open_order: bool
) -> None:
    fast(monkeypatch)
    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        order = await asyncio.to_thread(bench.submit, ticket(symbol="AAPL" if with_open_order else "SPY"))
        bench.referee.holdings["AAPL"] = (Decimal(77), Decimal(7700))
        await until(lambda: not made.reconciled, "the difference is seen")
        assert made.why == "AAPL: the journal says 0, the broker 77"
        assert made.describe(DeskStatus()).reconcile_why == made.why
        bench.wishes = {"reconciled": made.reconciled}
        denied = await asyncio.to_thread(bench.submit, ticket(symbol="MSFT"))
        assert denied.state == DENIED and "not compared" in denied.reason
        assert (await asyncio.to_thread(bench.desk.cancel, order.client_order_id)).problem == ""
        await until(lambda: bench.order(order.client_order_id).state == "canceled", "canceled")
        del bench.referee.holdings["AAPL"]
        await until(lambda: made.reconciled, "they agree again")


def test_an_account_that_was_never_seen_is_taken_over_with_what_it_holds(bench: Bench) -> None:
    bench.referee.holdings |= {"AAPL": (Decimal(10), Decimal(1000)), "MSFT": (Decimal(-4), Decimal(-200))}
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10, "MSFT": -4}
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10, "MSFT": -4}
    position = bench.journal.positions(bench.referee.account_id)["AAPL"]
    assert (str(position.avg_entry_price), position.realized) == ("100", Decimal(0))


CLOSED_TODAY = [("10", "sell", "10"), ("10", "sell", "15"), ("0", "buy", "10"), ("-10", "buy", "4"), ("10", "buy", "5")]


@pytest.mark.parametrize(("before", "side", "qty"), CLOSED_TODAY)
def test_what_was_traded_today_before_the_first_comparison_does_not_count_twice(
    bench: Bench, before: str, side: str, qty: str
) -> None:
    if Decimal(before):
        bench.referee.holdings["AAPL"] = (Decimal(before), Decimal(before) * 100)
    bench.referee.place("AAPL", side, qty, "elsewhere")
    bench.referee.fill("elsewhere", qty, "110")
    for _ in range(3):
        assert bench.reconcile() == ""
        assert bench.held().get("AAPL", 0) == bench.referee.positions().get("AAPL", (0, 0))[0]
    assert len(bench.fills()) == 1


@pytest.mark.parametrize("request_", ["GET /v2/positions", "GET /v2/orders"])
def test_a_fill_in_the_middle_of_the_first_comparison_does_not_count_twice(bench: Bench, request_: str) -> None:
    bench.referee.holdings["AAPL"] = (Decimal(10), Decimal(1000))
    order = bench.referee.place("AAPL", "buy", "10", "elsewhere")

    def meanwhile(asked: str) -> None:
        if asked == request_ and order.filled_qty < 3:
            bench.referee.fill(order, "1", "100", times=0)

    bench.referee.before = meanwhile
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 13} and len(bench.fills()) == 3


def test_an_account_that_never_rests_is_not_taken_over_by_guess(bench: Bench) -> None:
    order = bench.referee.place("AAPL", "buy", "1000", "elsewhere")
    bench.referee.before = lambda asked: asked.endswith("positions") and bench.referee.fill(order, "1", "9", times=0)
    with pytest.raises(HistoryError, match="too fast"):
        bench.reconcile()
    bench.referee.before = lambda asked: None
    assert bench.reconcile() == "" and bench.held() == {"AAPL": order.filled_qty}


def test_a_fill_between_two_lists_of_a_comparison_raises_no_alarm(bench: Bench) -> None:
    assert bench.reconcile() == ""
    order = bench.referee.place("AAPL", "buy", "1000", "elsewhere")
    looks = itertools.count()

    def meanwhile(asked: str) -> None:
        if asked == "GET /v2/positions" and next(looks) % 2 == 0:
            bench.referee.fill(order, "1", "9", times=0)

    bench.referee.before = meanwhile
    for done in range(1, 6):
        assert bench.reconcile() == "" and bench.held() == {"AAPL": done}


DAY_NS = 86_400 * 10**9


def test_a_fill_of_an_order_that_is_older_than_the_list_is_booked(bench: Bench) -> None:
    """Placed elsewhere five days ago, unknown here, filled while nobody listened."""
    assert bench.reconcile() == ""
    bench.referee.place("AAPL", "buy", "10", "old", tell=False, submitted_at=bench.referee.now() - 5 * DAY_NS)
    bench.referee.fill("old", "10", "100", times=0)
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10} and bench.order("old").state == "filled"


def test_a_desk_that_was_off_for_a_week_finds_every_fill(bench: Bench) -> None:
    begin = bench.referee.now()
    bench.referee.clock_offset_ns = -7 * DAY_NS
    bench.referee._last_ns = 0
    assert bench.reconcile() == ""
    bench.referee.place("AAPL", "buy", "10", "then", tell=False, submitted_at=begin - 6 * DAY_NS)
    bench.referee.fill("then", "10", "100", times=0, at=begin - 5 * DAY_NS)
    bench.referee.clock_offset_ns = 0
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10}


def test_the_broker_has_the_time_and_not_this_machine(bench: Bench) -> None:
    """A tape of 2012: nothing of it is after yesterday, and nothing may be adopted and booked again."""
    bench.referee.clock_offset_ns = -14 * 365 * DAY_NS
    bench.referee.holdings["MSFT"] = (Decimal(5), Decimal(250))
    bench.referee.place("AAPL", "buy", "10", "elsewhere")
    bench.referee.fill("elsewhere", "10", "100", times=0)
    for _ in range(2):
        assert bench.reconcile() == "" and bench.held() == {"AAPL": 10, "MSFT": 5}


def test_an_old_lost_fill_is_found_although_newer_ones_are_known(bench: Bench) -> None:
    """On a fast tape an hour passes between two comparisons; what was lost at its beginning still counts."""
    assert bench.reconcile() == ""
    now = bench.referee.now()
    order = bench.submit()
    bench.referee.fill(order.client_order_id, "4", "100", times=0, at=now + 10**9)
    done = bench.referee.fill(order.client_order_id, "6", "100", at=now + 3_600 * 10**9)
    bench.referee.clock_offset_ns = 3_601 * 10**9
    with bench.journal.writing() as rows:
        whose = bench.referee.account_id, order.client_order_id, done.order.id
        fill = Fill(done.id, *whose, "AAPL", Side.BUY, done.qty, done.price, done.at)
        assert rows.add_fill(fill, done.cum_qty)
        rows.put_position(apply_fill(rows.position(fill.account_id, "AAPL"), fill))
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 10}


def test_more_fills_than_one_page_holds_are_all_booked(bench: Bench) -> None:
    assert bench.reconcile() == ""
    bench.referee.place("AAPL", "buy", "350", "many")
    for _ in range(350):
        bench.referee.fill("many", "1", "10", times=0)
    assert bench.reconcile() == "" and bench.held() == {"AAPL": 350} and len(bench.fills()) == 350


def test_an_order_that_the_broker_has_forgotten_does_not_stop_the_comparison(bench: Bench) -> None:
    order = bench.submit()
    bench.referee.orders.clear()
    assert bench.reconcile() == ""
    assert bench.order(order.client_order_id).client_order_id == order.client_order_id


# Processes that die


@pytest.mark.parametrize("moment", ["on the post", "after it was accepted"])
def test_a_process_that_is_killed_while_sending_leaves_an_order_that_is_settled(bench: Bench, moment: str) -> None:
    process = submitter(bench, "killed-00")

    def kill(_: Any) -> None:
        process.kill()
        process.wait()

    if moment == "on the post":
        bench.referee.fault("POST /v2/orders", "hang before")
        bench.referee.on_post = kill
    else:
        bench.referee.after_accept = kill
    press(process)
    process.communicate()
    (order,) = bench.journal.open_orders(bench.referee.account_id)
    assert order.state == SENDING and order.remaining == 10
    assert bench.settle() == 1 and bench.settle(DEAD_S - 1) == 1
    assert bench.order(order.client_order_id).state == SENDING and len(bench.referee.posts) == 1
    assert bench.settle(WANTED_S) == 0
    ended = bench.order(order.client_order_id).state
    assert ended == (NOT_PLACED if moment == "on the post" else "new")
    assert len(bench.referee.orders) == (0 if moment == "on the post" else 1) and len(bench.referee.posts) == 1
    again = bench.submit(ticket(nonce="killed-00"))
    assert again.state == ended and len(bench.referee.posts) == 1


def test_a_process_that_is_killed_before_the_post_leaves_nothing_at_the_broker(bench: Bench) -> None:
    child = os.fork()
    if not child:

        class Deadly(KillSwitch):
            def on_by(self, rows: Any = None) -> str:
                if rows is None:
                    os.kill(os.getpid(), 9)
                return ""

        own = Journal(bench.journal_url)
        OrderDesk(bench.referee.account_id, own, bench.client, Deadly(own, (), False), bench.look).submit(ticket(), "s")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    (order,) = bench.journal.open_orders(bench.referee.account_id)
    assert order.state == SENDING
    assert (
        bench.settle() == 1 and bench.settle(WANTED_S) == 0 and bench.order(order.client_order_id).state == NOT_PLACED
    )
    assert not bench.referee.posts


FOLLOWER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.integration.test_order_protocol import Bench

class There:
    pass

there = There()
there.url, there.stream_url, there.account_id = sys.argv[2:5]

async def follow():
    async with Bench(there, Path(sys.argv[5])).trading() as made:
        while not made.reconciled:
            await asyncio.sleep(0.01)
        print("compared", flush=True)
        await asyncio.Event().wait()

asyncio.run(follow())
"""


def test_a_follower_that_is_killed_again_and_again_loses_no_fill_and_books_none_twice(bench: Bench) -> None:
    chance = random.Random(5)
    order = bench.referee.place("AAPL", "buy", "300", "large")
    place = bench.referee.url, bench.referee.stream_url, bench.referee.account_id, str(bench.folder)
    booked = 0
    for _ in range(6):
        follower = subprocess.Popen(
            [sys.executable, "-c", FOLLOWER, str(ROOT), *place], stdout=subprocess.PIPE, text=True
        )
        assert follower.stdout and "compared\n" in follower.stdout
        for _ in range(chance.randint(5, 25)):
            bench.referee.fill(order, "1", str(chance.randint(90, 110)), times=chance.choice([0, 1, 1, 2]))
        enough = booked + chance.randint(0, 4)
        wait_until(lambda enough=enough: len(bench.fills()) >= enough, 10, "some are booked")  # type: ignore[misc]
        follower.kill()
        follower.communicate()
        booked = len(bench.fills())
    assert bench.reconcile() == ""
    assert len(bench.fills()) == len(bench.referee.executions)
    assert {fill.execution_id for fill in bench.fills()} == {done.id for done in bench.referee.executions}
    assert bench.held() == {"AAPL": order.filled_qty}


# Five hundred orders

CENT = Decimal("0.01")


def recomputed(fills: list[Fill]) -> tuple[Decimal, dict[str, Position]]:
    """Cash flow and positions by symbol, from nothing but fills."""
    cash, books = Decimal(0), dict[str, Position]()
    for fill in fills:
        cash -= fill.qty * fill.price * fill.side.sign
        books[fill.symbol] = apply_fill(books.get(fill.symbol, Position(fill.account_id, fill.symbol)), fill)
    return cash, books


SEEDS = [1, 20_121_120] if os.environ.get("SOAK") else [1]


@pytest.mark.parametrize("seed", SEEDS)
async def test_five_hundred_orders_under_lost_and_repeated_updates_end_in_the_referees_own_books(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    fast(monkeypatch, 2.0)
    monkeypatch.setattr(trading_module, "delay_s", lambda failures, chance: 0.05)
    bench.wishes = {"limits": replace(LIMITS, max_position_pct=Decimal(100), duplicate_within_ms=0)}
    chance = random.Random(seed)
    faults: list[Fault] = ["504 after", "reset after", "500 after", "truncated after", "429", "403", "empty after"]
    working: list[Kept] = []

    def execute(kept: Kept) -> None:
        left = int(kept.qty - kept.filled_qty)
        if kept.status == "canceled" or not left:
            return
        price = Decimal(chance.randint(9_000, 11_000)) / 100
        bench.referee.fill(kept, str(chance.randint(1, left)), price, times=chance.choice([0, 1, 1, 1, 2]))

    def trade(number: int) -> None:
        if chance.random() < 0.1:
            bench.referee.fault("POST /v2/orders", chance.choice(faults))
        side, symbol = chance.choice(list(Side)), chance.choice(["AAPL", "MSFT", "SPY", "INTC"])
        asked = ticket(side=side, symbol=symbol, qty=Decimal(chance.randint(1, 20)), nonce=f"order-{number:04}")
        order = bench.submit(asked)
        assert order.client_order_id == client_order_id(bench.referee.account_id, asked)
        if order.order_id:
            working.append(bench.referee.order(order.client_order_id))
        for kept in chance.sample(working, min(3, len(working))):
            execute(kept)
        if working and chance.random() < 0.05:
            bench.desk.cancel(chance.choice(working).client_order_id)
        if chance.random() < 0.02:
            bench.referee.hang_up()

    async with bench.trading() as made:
        await until(lambda: made.reconciled, "compared")
        for number in range(500):
            await asyncio.to_thread(trade, number)
        executed = len(bench.referee.executions)
        await until(lambda: len(bench.fills()) == executed and made.reconciled, "every fill is booked", 30)
        await until(
            lambda: made.holdings.account and made.holdings.account.cash == bench.referee.cash_now(), "cash", 10
        )

    assert len(set(bench.referee.posts)) == 500 and executed > 500
    assert len({kept.client_order_id for kept in bench.referee.orders.values()}) == len(bench.referee.orders)
    cash, books = recomputed(bench.fills())
    assert bench.referee.cash + cash == bench.referee.cash_now()
    journal = bench.journal.positions(bench.referee.account_id)
    for symbol in books.keys() | journal.keys():
        assert journal[symbol].qty == books[symbol].qty
        assert abs(journal[symbol].realized - books[symbol].realized) < CENT
        assert abs(journal[symbol].cost - books[symbol].cost) < CENT
    theirs = bench.referee.positions()
    assert bench.held() == {symbol: qty for symbol, (qty, _) in theirs.items()}
    profit = sum((position.realized - position.cost for position in journal.values()), Decimal(0))
    assert abs(profit - cash) < CENT
    by_order: dict[str, Decimal] = defaultdict(Decimal)
    for fill in bench.fills():
        by_order[fill.client_order_id] += fill.qty
    for kept in bench.referee.orders.values():
        ours = bench.order(kept.client_order_id)
        assert by_order[kept.client_order_id] == kept.filled_qty == ours.filled_qty
        assert (ours.state in DONE) == (kept.status in DONE), (ours, kept)


def test_the_tickets_of_these_tests_are_market_orders_of_the_day() -> None:
    assert (ticket().type, ticket().time_in_force) == (OrderType.MARKET, TimeInForce.DAY)
