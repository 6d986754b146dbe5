"""Silence: noticed within its limit, told apart from a market that rests, and never taken for news that there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import wait_until
from tests.feed_desk import FeedDesk, assert_gap_is_told, feed_desk, feed_server, note_times

pytestmark = pytest.mark.slow

STALE_AFTER_S = 2.0
NOTICED_WITHIN_S = STALE_AFTER_S + 2.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedDesk]:
    """One worker for all of these."""
    folder: Path = tmp_path_factory.mktemp("silence")
    with feed_server() as server, feed_desk(folder, server, STALE_AFTER_S=str(STALE_AFTER_S)) as made:
        made.start("worker")
        wait_until(lambda: made.is_live, 20, "live")
        yield made


@pytest.fixture
def desk(running: FeedDesk) -> Iterator[FeedDesk]:
    """The worker, live; afterwards it must be live and whole again."""
    running.comes_back()
    yield running
    running.server.mute, running.market.is_open = False, True
    running.server.silent_symbols.clear()
    running.comes_back()
    running.assert_whole()


def test_a_stream_that_went_mute_is_noticed_though_it_answers_pings(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    desk.server.mute = True
    noticed = desk.becomes(lambda stream: stream.state != "live", NOTICED_WITHIN_S, "it is noticed")
    desk.server.mute = False
    note_times("mute stream, pings answered", noticed, desk.comes_back())
    assert desk.stream.connects > connects
    assert_gap_is_told(desk)


def test_one_silent_symbol_is_marked_and_the_stream_stays(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    desk.server.silent_symbols = {"MSFT"}
    wait_until(lambda: silent_symbols(desk) == {"MSFT"}, 3 * STALE_AFTER_S + 5, "MSFT is marked")
    assert desk.stream.state == "live" and desk.stream.connects == connects
    desk.server.silent_symbols.clear()
    wait_until(lambda: not silent_symbols(desk), 5, "the mark goes")


def test_an_open_market_in_which_nothing_happens_is_not_stale(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    desk.market.hush()
    try:
        desk.becomes(lambda stream: (stream.last_msg_age_s or 0) > 2 * STALE_AFTER_S, 8, "silence for a while")
        assert desk.stream.state in ("live", "quiet") and desk.stream.connects == connects
        assert not silent_symbols(desk), "a symbol that nobody trades is not silent"
    finally:
        desk.market.wake()


def test_a_clock_that_stands_still_is_paused_and_goes_on(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    desk.market.pause()
    try:
        desk.becomes(lambda stream: stream.state == "paused", STALE_AFTER_S + 3, "paused")
    finally:
        desk.market.resume()
    desk.becomes(lambda stream: stream.state == "live", 5, "live again")
    assert desk.stream.connects == connects


def test_a_closed_market_is_quiet(desk: FeedDesk) -> None:
    connects = desk.stream.connects
    desk.market.is_open = False
    try:
        desk.becomes(lambda stream: stream.state == "quiet", STALE_AFTER_S + 3, "quiet")
    finally:
        desk.market.wake()
        desk.market.is_open = True
    desk.becomes(lambda stream: stream.state == "live", 5, "live again")
    assert desk.stream.connects == connects


def silent_symbols(desk: FeedDesk) -> set[str]:
    """The symbols that the desk marks as silent."""
    return {symbol for symbol, state in desk.shown().symbol_states.items() if state.silent}
