"""The status: its way through a snapshot, and what may be believed of it as it gets old."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from domain.status import BELIEVABLE, DeskStatus, MarketStatus, StreamState, StreamStatus, WorkerStatus

LIVE = DeskStatus(
    "paper",
    9,
    StreamStatus(StreamState.LIVE, "", 0.5, 2, [{"from": "a", "to": "b", "filled": True}], 1, 2, 3, 4.5),
    MarketStatus(1, 2.0, True, 3, 4),
    WorkerStatus(True, 123, 4.5, 6.7),
    8,
    True,
)


def as_published(status: DeskStatus) -> DeskStatus:
    """The status on its way through a snapshot."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(status), type=DeskStatus)


def test_a_status_survives_the_way_through_a_snapshot() -> None:
    assert as_published(LIVE) == LIVE


@pytest.mark.parametrize("state", list(StreamState))
def test_every_state_survives_the_way_through_a_snapshot(state: StreamState) -> None:
    status = replace(LIVE, stream=replace(LIVE.stream, state=state))
    assert as_published(status).stream.state is state


@pytest.mark.parametrize(
    ("state", "silence_s", "shown", "alive"),
    [
        (StreamState.LIVE, 0.0, StreamState.LIVE, True),
        (StreamState.LIVE, 2.49, StreamState.LIVE, True),
        (StreamState.LIVE, 2.5, StreamState.STALE, True),
        (StreamState.QUIET, 2.5, StreamState.STALE, True),
        (StreamState.PAUSED, 4.99, StreamState.STALE, True),
        (StreamState.RECONNECTING, 4.99, StreamState.RECONNECTING, True),
        (StreamState.REFUSED, 3.0, StreamState.REFUSED, True),
        (StreamState.LIVE, 5.0, StreamState.DOWN, False),
        (StreamState.REFUSED, 5.0, StreamState.DOWN, False),
        (StreamState.CONNECTING, 3_600.0, StreamState.DOWN, False),
        (StreamState.LIVE, None, StreamState.DOWN, False),
    ],
)
def test_a_status_ages(state: StreamState, silence_s: float | None, shown: StreamState, alive: bool) -> None:
    written = replace(
        LIVE, stream=replace(LIVE.stream, state=state), worker=replace(LIVE.worker, alive=silence_s is not None)
    )
    aged = written.aged(silence_s)
    assert (aged.stream.state, aged.worker.alive) == (shown, alive)
    assert aged.stream.why or shown is state


def test_the_age_of_the_last_message_grows_with_the_silence() -> None:
    assert LIVE.aged(1.25).stream.last_msg_age_s == 1.75
    assert replace(LIVE, stream=StreamStatus()).aged(1.0).stream.last_msg_age_s is None


@pytest.mark.parametrize("state", list(StreamState))
def test_the_desk_is_ready_only_in_a_state_that_may_be_believed(state: StreamState) -> None:
    status = replace(LIVE, stream=replace(LIVE.stream, state=state))
    assert status.ready is (state in BELIEVABLE)


def test_the_desk_is_not_ready_without_history_or_worker() -> None:
    assert LIVE.ready
    assert not replace(LIVE, backfilled=False).ready
    assert not replace(LIVE, worker=WorkerStatus()).ready
    assert not LIVE.aged(2.5).ready


@pytest.mark.parametrize(("silence_s", "age_s"), [(0.0, 3.0), (4.5, 7.5), (None, 3.0)])
def test_the_word_of_the_clock_ages_with_the_status(silence_s: float | None, age_s: float) -> None:
    written = replace(LIVE, market=replace(LIVE.market, clock_age_s=3.0))
    assert written.aged(silence_s).market.clock_age_s == age_s
