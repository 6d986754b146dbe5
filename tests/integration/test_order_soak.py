"""The short form of the order soak: a minute of faults and kill -9 on a whole desk. `make soak` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.order_soak import order_soak

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_a_minute_of_faults_and_deaths_makes_no_order_twice_and_loses_no_fill(tmp_path: Path) -> None:
    result = order_soak(60, 20_261_120, tmp_path / "schedule.txt")
    assert result["problems"] == []
    assert result["kills"] >= 20 and result["faults"] >= 50 and result["orders_at_the_broker"] >= 20, result
    assert result["naive"]["duplicate_orders"] > 0, "the faults must be such that a naive loop fails"
