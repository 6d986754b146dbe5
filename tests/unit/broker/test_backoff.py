"""The wait between tries."""

from __future__ import annotations

import random

import pytest

from broker.backoff import delay_s


@pytest.mark.parametrize(
    ("failures", "least", "most"),
    [(1, 0, 1), (2, 1, 2), (3, 1, 4), (4, 1, 8), (5, 1, 16), (6, 1, 30), (7, 1, 30), (10**9, 1, 30)],
)
def test_a_wait_doubles_up_to_30_s_with_jitter_and_is_never_short_twice(failures: int, least: int, most: int) -> None:
    """From 0 after each failure, a flapping network was met with two connects 41 ms apart."""
    jitter = random.Random(1)
    waits = [delay_s(failures, jitter) for _ in range(300)]
    assert least <= min(waits) < least + 0.1 * (most - least)
    assert most - 0.1 * (most - least) < max(waits) <= most
