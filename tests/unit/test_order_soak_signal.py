"""The wish of the order soak: when it becomes a new ticket, and when the old one is pressed again."""

from __future__ import annotations

import pytest

from benchmarks.order_soak_trader import DEFINITE_NO, Signal


@pytest.mark.parametrize("no", sorted(DEFINITE_NO))
def test_a_ticket_that_is_not_answered_is_pressed_again_also_after_one_that_was_refused(no):
    signal = Signal("1-000001", {})
    first = signal.ticket()
    assert signal.ticket() == first
    signal.take_answer("td-1", no)
    second = signal.ticket()
    assert second != first
    assert signal.ticket() == second


def test_what_may_be_there_is_the_same_wish():
    signal = Signal("1-000001", {})
    first = signal.ticket()
    signal.take_answer("td-1", "unknown")
    assert signal.ticket() == first and signal.tickets == [first]
