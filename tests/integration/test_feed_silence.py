"""Silence: noticed within its limit, told apart from a market that rests, and never taken for news that there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import wait_until
from tests.feed_desk import LONG, FeedDesk, feed_desk, feed_server, note_times
from tests.toxic_proxy import ToxicProxy

pytestmark = pytest.mark.slow

STALE_AFTER_S = 2.0
NOTICED_WITHIN_S = STALE_AFTER_S + 2.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FeedDesk, ToxicProxy]]:
    """One worker whose stream goes through a proxy."""
    folder: Path = tmp_path_factory.mktemp("silence")
    with feed_server() as server, ToxicProxy(server.port) as proxy, feed_desk(folder, server) as made:
        made.environment["ALPACA_DATA_STREAM_URL"] = f"ws://127.0.0.1:{proxy.port}"
        made.environment["STALE_AFTER_S"] = str(STALE_AFTER_S)
        made.start("worker")
        wait_until(lambda: made.is_live, 20, "live")
        yield made, proxy


@pytest.fixture
def desk(running: tuple[FeedDesk, ToxicProxy]) -> Iterator[FeedDesk]:
    """The worker, live; afterwards it must be live and whole again."""
    made, proxy = running
    made.comes_back()
    yield made
    proxy.mood, made.server.mute, made.market.is_open = "pass", False, True
    made.server.silent_symbols.clear()
    made.comes_back()
    made.assert_whole()


@pytest.fixture
def proxy(running: tuple[FeedDesk, ToxicProxy]) -> ToxicProxy:
    """What is between the worker and the stream."""
    return running[1]


@pytest.mark.parametrize("reads", [True, False] if LONG else [True])
def test_a_stream_that_went_mute_is_noticed(desk: FeedDesk, reads: bool) -> None:
    connects = desk.stream.connects
    desk.server.mute = True
    if not reads:  # so that pings stay without an answer, too
        desk.server.stop_reading()
    limit_s = NOTICED_WITHIN_S if reads else NOTICED_WITHIN_S + 5
    noticed = desk.becomes(lambda stream: stream.state not in ("live", "quiet"), limit_s, "it is noticed")
    desk.server.mute = False
    note_times(f"mute stream, pings {'' if reads else 'not '}answered", noticed, desk.comes_back())
    assert desk.stream.connects > connects
    assert_gap_is_told(desk)


def test_a_stream_that_is_gone_without_a_word_is_noticed(desk: FeedDesk, proxy: ToxicProxy) -> None:
    proxy.mood = "stall"
    noticed = desk.becomes(lambda stream: stream.state != "live", NOTICED_WITHIN_S + 5, "it is noticed")
    proxy.mood = "pass"
    note_times("half-open TCP (blackhole)", noticed, desk.comes_back())
    assert_gap_is_told(desk)


def test_a_reset_is_told_and_the_gap_is_filled(desk: FeedDesk, proxy: ToxicProxy) -> None:
    proxy.mood = "refuse"
    proxy.reset()
    noticed = desk.becomes(lambda stream: stream.state == "reconnecting", 2, "it is noticed")
    assert "Trying again in" in desk.stream.why
    wait_until(lambda: desk.log.count("reconnecting") >= 2, 10, "a second try")
    proxy.mood = "pass"
    note_times("TCP reset", noticed, desk.comes_back())
    assert_gap_is_told(desk)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1009, 1011] if LONG else [1001])
def test_whatever_the_close_code_it_comes_back_and_loses_nothing(desk: FeedDesk, code: int) -> None:
    connects = desk.stream.connects
    desk.server.close(code)
    noticed = desk.becomes(lambda stream: stream.connects > connects or stream.state != "live", 2, "it is noticed")
    note_times(f"close code {code}", noticed, desk.comes_back())
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


def assert_gap_is_told(desk: FeedDesk) -> None:
    """The last gap is told from when to when, filled, and compared with the server where it has something to compare."""
    gaps = desk.stream.gaps
    assert gaps, "the gap is told"
    gap = gaps[-1]
    assert gap["filled"] and gap["from"] < gap["to"]
    assert gap["verified"] is not False and gap["symbols"] == 2
