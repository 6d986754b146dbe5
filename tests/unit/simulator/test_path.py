"""The path of a share's worth: pure, continuous, of the right size, and remembered by nobody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.bar import NS_PER_MINUTE
from simulator.path import UNIT_NS, FundamentalPath, log_path, path_key

NOW = 1_795_161_600_000_000_000
MOMENTS = st.integers(0, 4_000_000_000_000_000_000)


@settings(max_examples=50, deadline=None)
@given(MOMENTS)
def test_a_restart_continues_the_path(moment):
    before = FundamentalPath(7, "AAPL", 200.0)
    before.price_at(moment // 2)
    assert before.price_at(moment) == FundamentalPath(7, "AAPL", 200.0).price_at(moment)


@settings(max_examples=50, deadline=None)
@given(MOMENTS, st.integers(0, 400_000_000))
def test_the_path_is_continuous(moment, step_ns):
    path = FundamentalPath(7, "AAPL", 200.0)
    assert path.price_at(moment) == pytest.approx(path.price_at(moment + step_ns), rel=2e-3)


@pytest.mark.parametrize("level", [0, 2, 6, 8])
def test_every_fineness_tells_of_the_same_path(level):
    key, first = path_key(1, "SPY"), NOW // UNIT_NS >> 8 << 8
    fine = log_path(key, first, first + 1_024, 0)
    coarse = log_path(key, first >> level, (first + 1_024) >> level, level)
    assert np.array_equal(fine[:: 2**level], coarse)


def test_a_single_point_is_the_same_as_in_a_stretch():
    key, first = path_key(1, "SPY"), NOW // UNIT_NS + 13
    stretch = log_path(key, first, first + 50, 0)
    assert [log_path(key, first + i, first + i, 0)[0] for i in range(51)] == stretch.tolist()


def test_seed_and_symbol_make_another_path():
    prices = {FundamentalPath(s, n, 200.0).price_at(NOW) for s in (1, 2) for n in ("AAPL", "MSFT")}
    assert len(prices) == 4


def test_minutes_move_by_about_five_basis_points():
    path = FundamentalPath(1, "AAPL", 200.0)
    first = NOW // NS_PER_MINUTE
    returns = np.diff(np.log(path.grid(first, first + 5_000, 6)))
    assert 4.5e-4 < returns.std() < 7e-4
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.06
