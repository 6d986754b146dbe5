"""The book against the oracle: every interval, whatever the conditions, the order, the repeats, the corrections and cancels."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.domain.bar_oracle import Told
from tests.unit.domain.bar_story import story


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_every_bar_is_the_oracles_at_every_step_and_at_the_end(seed: int) -> None:
    told = Told(2)
    for step in story(Random(seed)):
        step(told)
        assert told.difference() == ""
    told.close_all()
    assert told.difference() == ""
