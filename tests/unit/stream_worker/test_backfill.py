"""What is asked of history, for every way in which a worker can begin or come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_worker.backfill import DAILY_DAYS, DAY_NS, HISTORY_DAYS, MINUTE_NS, Plan, plan
from tests.unit.domain.ticks import NOON, NS

NOW = NOON + 600 * MINUTE_NS + 42 * NS
THIS_MINUTE = NOON + 600 * MINUTE_NS
ALL = NOW - HISTORY_DAYS * DAY_NS


@pytest.mark.parametrize(
    ("covered_until", "complete", "start", "minutes_from"),
    [
        pytest.param(0, False, THIS_MINUTE - 5 * MINUTE_NS, ALL, id="a first start"),
        pytest.param(0, True, THIS_MINUTE - 5 * MINUTE_NS, ALL, id="bars but no memory of when"),
        pytest.param(NOW, True, THIS_MINUTE, THIS_MINUTE, id="no gap at all"),
        pytest.param(NOW - 3 * NS, True, THIS_MINUTE, THIS_MINUTE, id="a gap inside the minute"),
        pytest.param(NOW - 50 * NS, True, THIS_MINUTE - MINUTE_NS, THIS_MINUTE - MINUTE_NS, id="a gap over a minute"),
        pytest.param(NOW - 3 * NS, False, THIS_MINUTE, ALL, id="a new symbol among known ones"),
        pytest.param(
            THIS_MINUTE - 30 * MINUTE_NS,
            True,
            THIS_MINUTE - 30 * MINUTE_NS,
            THIS_MINUTE - 30 * MINUTE_NS,
            id="the longest gap of trades",
        ),
        pytest.param(
            THIS_MINUTE - 30 * MINUTE_NS - 1,
            True,
            THIS_MINUTE - 30 * MINUTE_NS,
            THIS_MINUTE - 31 * MINUTE_NS,
            id="one that is longer",
        ),
        pytest.param(
            NOW - 60 * DAY_NS, True, THIS_MINUTE - 30 * MINUTE_NS, THIS_MINUTE - 60 * DAY_NS, id="two months off"
        ),
        pytest.param(NOW + NS, True, THIS_MINUTE - 5 * MINUTE_NS, ALL, id="known beyond now: another run"),
    ],
)
def test_a_plan(covered_until: int, complete: bool, start: int, minutes_from: int) -> None:
    assert plan(NOW, covered_until, complete) == Plan(start, minutes_from, NOW - DAILY_DAYS * DAY_NS)


@given(st.integers(NOON, NOON + 10 * DAY_NS), st.integers(NOON - 9 * DAY_NS, NOON + 10 * DAY_NS), st.booleans())
def test_a_plan_leaves_no_hole_and_begins_on_a_minute(now: int, covered_until: int, complete: bool) -> None:
    todo = plan(now, covered_until, complete)
    assert todo.start % MINUTE_NS == 0
    assert todo.days_from < todo.minutes_from <= todo.start <= now
    assert now - todo.start <= 31 * MINUTE_NS
    if complete and 0 < covered_until <= now:
        assert todo.minutes_from <= covered_until
