"""The short form of benchmarks/fuzz_frames.py: broken frames of every kind never raise and never cost a good message."""

from __future__ import annotations

import pytest

from benchmarks.fuzz_frames import fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_frames_never_raise_and_never_cost_a_good_message(seed: int) -> None:
    found = fuzz(1_500, seed)
    assert found.failures == []
    assert found.frames == 1_500 and found.slowest_ms < 1_000
    assert len(found.quarantined) >= 4, "the frames are bad enough"
