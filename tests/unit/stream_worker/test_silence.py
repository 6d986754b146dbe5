"""What a silence means: every combination of what can be found out."""

from __future__ import annotations

from itertools import product

import pytest

from domain.status import StreamState
from stream_worker.silence import Findings, verdict


@pytest.mark.parametrize(
    ("pong", "clock_moves", "is_open", "newer", "state"),
    [
        (True, False, True, False, StreamState.PAUSED),
        (True, False, False, False, StreamState.PAUSED),
        (True, False, True, True, StreamState.PAUSED),
        (True, True, False, False, StreamState.QUIET),
        (True, True, False, True, StreamState.QUIET),
        (True, True, True, False, StreamState.LIVE),
        (True, True, True, True, StreamState.STALE),
        (True, None, None, None, StreamState.STALE),
    ],
)
def test_a_verdict(
    pong: bool, clock_moves: bool | None, is_open: bool | None, newer: bool | None, state: StreamState
) -> None:
    assert verdict(Findings(pong, clock_moves, is_open, newer)) is state


@pytest.mark.parametrize("rest", list(product([None, True, False], repeat=3)))
def test_a_connection_that_does_not_answer_a_ping_is_stale_whatever_else_was_found(
    rest: tuple[bool | None, bool | None, bool | None],
) -> None:
    assert verdict(Findings(False, *rest)) is StreamState.STALE
