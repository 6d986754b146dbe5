"""The life of orders as a state machine: whatever happens, and in whatever order, what must always be true is true.

The broker is the referee on a real socket; its trade updates are kept, and come when the machine says so: late, twice, or
never. A crash closes the journal and forgets everything else.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from broker.order_wire import trade_update
from domain.order import DENIED, DONE, NOT_PLACED, UNSETTLED, Side
from domain.position import Position, apply_fill
from orders.client_id import client_order_id
from orders.ticket import Ticket
from orders.unbooked import unbooked_orders
from orders.updates import take_update
from tests.order_bench import Bench
from tests.referee import WORKING, Fault, Kept, Referee
from tests.unit.orders.samples import LIMITS, ticket

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

POSTS: list[Fault] = [
    "none", "none", "none", "504 before", "504 after", "reset after", "truncated after", "429", "403", "502 html",
]  # fmt: skip
LOOK_UPS: list[Fault] = ["none", "none", "502 html", "reset before"]
SYMBOLS = "AAPL", "MSFT"
EXAMPLES = 200 if os.environ.get("SOAK") else 30
QTY = 10

referee: Referee
"""One for all examples; each begins with an account of its own."""

index = st.integers(0, 50)


class OrderLife(RuleBasedStateMachine):
    """What may happen to the orders of one account."""

    def __init__(self) -> None:
        super().__init__()
        referee.begin_again()
        referee.deliver = self._keep
        self.folder = tempfile.TemporaryDirectory()
        self.frames: list[dict[str, Any]] = []
        self.tickets: list[Ticket] = []
        self.ended: dict[str, str] = {}
        self.bench = self._open()
        assert self.bench.reconcile() == ""

    def teardown(self) -> None:
        """Nothing stays."""
        self.bench.journal.close()
        self.folder.cleanup()

    # What may happen

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        fault=st.sampled_from(POSTS),
        look=st.sampled_from(LOOK_UPS),
    )
    def submit(self, symbol: str, side: Side, fault: Fault, look: Fault) -> None:
        """A click."""
        referee.fault("POST /v2/orders", fault)
        referee.fault("GET /v2/orders:by_client_order_id", look)
        self.tickets.append(ticket(symbol=symbol, side=side, qty=Decimal(QTY)))
        self.bench.submit(self.tickets[-1])
        referee.forgive()
        referee.deliver = self._keep

    @precondition(lambda self: self.tickets)
    @rule(which=index)
    def press_again(self, which: int) -> None:
        """The same ticket once more."""
        self.bench.submit(self.tickets[which % len(self.tickets)])

    @precondition(lambda self: self._at_work())
    @rule(which=index, qty=st.integers(1, QTY))
    def execute(self, which: int, qty: int) -> None:
        """The broker fills a part of an order."""
        kept = self._at_work()[which % len(self._at_work())]
        referee.fill(kept, min(Decimal(qty), kept.qty - kept.filled_qty), "100")

    @precondition(lambda self: self._canceled())
    @rule(which=index)
    def execute_after_the_cancel(self, which: int) -> None:
        """The broker says that it was filled all the same."""
        kept = self._canceled()[which % len(self._canceled())]
        referee.fill(kept, 1, "100")

    @precondition(lambda self: self.tickets)
    @rule(which=index, confirmed=st.booleans())
    def cancel(self, which: int, confirmed: bool) -> None:
        """The button beside an order."""
        referee.cancel_confirms = confirmed
        asked = self.tickets[which % len(self.tickets)]
        self.bench.desk.cancel(client_order_id(referee.account_id, asked))

    @precondition(lambda self: self._at_work())
    @rule(which=index)
    def replace(self, which: int) -> None:
        """Somebody replaces an order at the broker: another one goes on with what was left."""
        old = self._at_work()[which % len(self._at_work())]
        left = str(old.qty - old.filled_qty)
        new = referee.place(old.symbol, old.side, left, replaces=old.id)
        old.changes["replaced_by"] = new.id
        referee.end(old, "replaced")

    @precondition(lambda self: self.frames)
    @rule(which=index, times=st.integers(1, 2))
    def update_comes(self, which: int, times: int) -> None:
        """An update arrives, perhaps not the oldest, perhaps twice, perhaps again."""
        update = trade_update(self.frames[which % len(self.frames)]["data"])
        with self.bench.journal.writing() as rows:
            for _ in range(times):
                take_update(rows, referee.account_id, update)

    @precondition(lambda self: self.frames)
    @rule()
    def updates_are_lost(self) -> None:
        """They never arrive."""
        self.frames.clear()

    @rule(after_s=st.sampled_from([0.0, 0.5, 5.0, 15.0, 40.0]), look=st.sampled_from(LOOK_UPS))
    def settle(self, after_s: float, look: Fault) -> None:
        """The worker goes on with what is unknown."""
        referee.fault("GET /v2/orders:by_client_order_id", look)
        self.bench.settle(after_s)

    @rule()
    def reconcile(self) -> None:
        """The worker compares; then it agrees, and knows every fill."""
        assert self.bench.reconcile() == ""
        assert {fill.execution_id for fill in self.bench.fills()} == {done.id for done in referee.executions}
        assert not unbooked_orders(self.bench.journal, referee.account_id)

    @rule()
    def crash(self) -> None:
        """Everything but the journal's file is gone."""
        passed_s = self.bench.passed_s
        self.bench.journal.close()
        self.bench = self._open()
        self.bench.passed_s = passed_s

    @rule(on=st.booleans())
    def kill(self, on: bool) -> None:
        """The switch."""
        self.bench.kill.turn(on, "by the button")

    # What must always be true

    @invariant()
    def an_id_is_one_order(self) -> None:
        """Nothing was sent twice, and what is at the broker was wished."""
        ids = [kept.client_order_id for kept in referee.orders.values() if not kept.changes.get("replaces")]
        wished = {client_order_id(referee.account_id, each) for each in self.tickets}
        assert len(set(ids)) == len(ids) and set(ids) <= wished

    @invariant()
    def the_position_is_the_sum_of_the_fills(self) -> None:
        """The replay of the journal's fills gives the positions that it keeps."""
        books: dict[str, Position] = {}
        for fill in self.bench.fills():
            books[fill.symbol] = apply_fill(books.get(fill.symbol, Position(fill.account_id, fill.symbol)), fill)
        kept = self.bench.journal.positions(referee.account_id)
        assert books == {symbol: row for symbol, row in kept.items() if symbol in books}
        assert all(not row.qty for symbol, row in kept.items() if symbol not in books)

    @invariant()
    def no_execution_counts_twice(self) -> None:
        """And none that did not happen."""
        booked = [fill.execution_id for fill in self.bench.fills()]
        assert len(set(booked)) == len(booked) and set(booked) <= {done.id for done in referee.executions}

    @invariant()
    def the_end_is_the_end(self) -> None:
        """Done orders stay as they are; only a fill may fill one that was canceled, and the broker may have what it denied."""
        for order in self.bench.journal.orders(referee.account_id):
            before = self.ended.get(order.client_order_id)
            assert before in (None, NOT_PLACED, order.state) or order.state == "filled", (before, order)
            if order.state in DONE:
                self.ended[order.client_order_id] = order.state

    @invariant()
    def what_counts_covers_what_may_come(self) -> None:
        """Of each order of ours: what is booked, told or open here is at least what the broker has filled, as far as it told
        us, and may still fill."""
        unbooked = unbooked_orders(self.bench.journal, referee.account_id)
        booked: dict[str, Decimal] = {}
        for fill in self.bench.fills():
            booked[fill.client_order_id] = booked.get(fill.client_order_id, Decimal(0)) + fill.qty
        for kept in referee.orders.values():
            order = self.bench.journal.order(kept.client_order_id)
            if order is None or order.external:
                continue
            told = abs(Decimal(unbooked.get(order.client_order_id, ["", "0"])[1]))
            counted = booked.get(order.client_order_id, Decimal(0)) + told + order.remaining
            assert counted >= (kept.qty if kept.status in WORKING else order.filled_qty), (order, kept)

    @invariant()
    def a_denial_sends_nothing(self) -> None:
        """What was denied is not at the broker."""
        there = {kept.client_order_id for kept in referee.orders.values()}
        denied = {order.client_order_id for order in self._orders() if order.state == DENIED}
        assert not denied & there

    # Help

    def _open(self) -> Bench:
        limits = replace(LIMITS, max_position_pct=Decimal(1000), duplicate_within_ms=0)
        return Bench(referee, Path(self.folder.name), limits=limits)

    def _keep(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        self.frames.append(frame)
        return []

    def _orders(self) -> list[Any]:
        return self.bench.journal.orders(referee.account_id)

    def _at_work(self) -> list[Kept]:
        return [kept for kept in referee.orders.values() if kept.status in WORKING]

    def _canceled(self) -> list[Kept]:
        kept = referee.orders.values()
        return [each for each in kept if each.status == "canceled" and each.filled_qty < each.qty]


def test_what_must_always_be_true_is_true() -> None:
    global referee
    quiet = settings(
        max_examples=EXAMPLES,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with Referee() as referee:
        run_state_machine_as_test(OrderLife, settings=quiet)
        referee.release()


def test_states_that_need_settling_are_open() -> None:
    assert not UNSETTLED & DONE
