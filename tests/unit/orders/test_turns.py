"""Turns: a few orders wait for the broker at once, and nobody waits behind a broker that answers nobody."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from orders.turns import MOST, MOST_WITH_EXITS, Turns


def test_the_first_few_have_their_turn_at_once_and_leave_it() -> None:
    turns = Turns()
    for _ in range(2):
        with ExitStack() as stack:
            made = [stack.enter_context(turns.turn()) for _ in range(MOST)]
            assert [(turn.held, turn.ahead) for turn in made] == [(True, number) for number in range(MOST)]
        assert turns.under_way == 0


def test_behind_a_broker_that_answers_nobody_one_waits_once_and_then_not_at_all() -> None:
    turns = Turns(patience_s=0.1)
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(turns.turn())
        for most_s in (0.5, 0.05):
            began = time.monotonic()
            with turns.turn() as late:
                assert not late.held and late.ahead == MOST
            assert time.monotonic() - began < most_s


def test_an_exit_passes_those_that_wait_and_counts_then() -> None:
    turns = Turns(patience_s=0.01)
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(turns.turn())
        first = stack.enter_context(turns.turn())
        second = stack.enter_context(turns.turn())
        first.take()
        assert second.ahead == MOST + 1
        second.take()
        second.take()
        assert turns.under_way == MOST_WITH_EXITS
    assert turns.under_way == 0


def test_twenty_at_a_broker_that_answers_all_have_their_turn() -> None:
    turns, ready, most = Turns(), threading.Barrier(20), []

    def send(_: int) -> bool:
        ready.wait()
        with turns.turn() as turn:
            most.append(turns.under_way)
            time.sleep(0.03)
            return turn.held

    with ThreadPoolExecutor(20) as threads:
        assert all(threads.map(send, range(20)))
    assert max(most) == MOST


def test_what_raises_leaves_its_turn() -> None:
    turns = Turns()
    for _ in range(MOST + 1):
        try:
            with turns.turn() as turn:
                assert turn.held
                raise OSError
        except OSError:
            continue
    assert turns.under_way == 0
