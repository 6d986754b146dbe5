"""The wait between tries."""

from __future__ import annotations

import random

import pytest

from stream_worker.backoff import delay_s


@pytest.mark.parametrize(
    ("failures", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 30.0), (7, 30.0), (10**9, 30.0)]
)
def test_a_wait_doubles_up_to_30_s_with_full_jitter(failures: int, most: float) -> None:
    jitter = random.Random(1)
    waits = [delay_s(failures, jitter) for _ in range(300)]
    assert 0.0 <= min(waits) < 0.1 * most and 0.9 * most < max(waits) <= most
