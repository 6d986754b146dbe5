"""Every way to lose a connection: told, tried again with growing patience, and nothing lost. The long form of the cuts in
test_stream_faults.py: `make soak` runs it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conducts import drops_after
from tests.desk import wait_until
from tests.feed_desk import LONG, FeedDesk, assert_gap_is_told, behind_a_proxy, note_times, threads
from tests.toxic_proxy import ToxicProxy

__test__ = LONG
pytestmark = pytest.mark.slow

STALE_AFTER_S = 2.0
NOTICED_WITHIN_S = STALE_AFTER_S + 2.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FeedDesk, ToxicProxy]]:
    """One worker for all of these, behind a proxy."""
    folder: Path = tmp_path_factory.mktemp("cuts")
    with behind_a_proxy(folder, STALE_AFTER_S) as both:
        yield both


@pytest.fixture
def desk(running: tuple[FeedDesk, ToxicProxy]) -> Iterator[FeedDesk]:
    """The worker, live; afterwards it must be live and whole again."""
    made, proxy = running
    made.comes_back()
    yield made
    proxy.mood, made.server.mute, made.server.history_held = "pass", False, False
    made.server.rest_answers.clear()
    made.server.always()
    made.comes_back(40)
    made.assert_whole()


@pytest.fixture
def proxy(running: tuple[FeedDesk, ToxicProxy]) -> ToxicProxy:
    """What is between the worker and the stream."""
    return running[1]


def test_a_reset_is_told_and_the_gap_is_filled(desk: FeedDesk, proxy: ToxicProxy) -> None:
    proxy.mood = "refuse"
    proxy.reset()
    noticed = desk.becomes(lambda stream: stream.state == "reconnecting", 2, "it is noticed")
    assert "Trying again in" in desk.stream.why
    wait_until(lambda: desk.log.count("reconnecting") >= 2, 10, "a second try")
    proxy.mood = "pass"
    note_times("TCP reset, no new connection for a while", noticed, desk.comes_back())
    assert_gap_is_told(desk)


def test_a_stream_that_is_gone_without_a_word_is_noticed(desk: FeedDesk, proxy: ToxicProxy) -> None:
    proxy.mood = "stall"
    noticed = desk.becomes(lambda stream: stream.state != "live", NOTICED_WITHIN_S, "it is noticed")
    proxy.mood = "pass"
    note_times("half-open TCP (blackhole)", noticed, desk.comes_back())
    assert_gap_is_told(desk)


def test_a_server_that_reads_no_more_is_noticed(desk: FeedDesk) -> None:
    desk.server.mute = True
    desk.server.stop_reading()
    noticed = desk.becomes(lambda stream: stream.state != "live", NOTICED_WITHIN_S, "it is noticed")
    desk.server.mute = False
    note_times("mute stream, pings not answered", noticed, desk.comes_back())
    assert_gap_is_told(desk)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1009, 1011])
def test_whatever_the_close_code_it_comes_back_and_loses_nothing(desk: FeedDesk, code: int) -> None:
    connects = desk.stream.connects
    desk.server.close(code)
    noticed = desk.becomes(lambda stream: stream.connects > connects or stream.state != "live", 2, "it is noticed")
    note_times(f"close code {code}", noticed, desk.comes_back())
    assert desk.stream.connects > connects
    assert_gap_is_told(desk)


@pytest.mark.parametrize("status", [429, 503])
def test_a_gap_stays_open_and_told_until_history_answers(desk: FeedDesk, status: int) -> None:
    desk.server.rest_answers["/v2/stocks"] = status
    desk.server.cut()
    desk.becomes(lambda stream: stream.gaps and stream.gaps[-1]["to"] is None, 5, "the gap is open")
    desk.becomes(lambda stream: str(status) in stream.why, 5, "the reason is told")
    desk.comes_back()  # what comes now is shown, whatever history says
    assert not desk.stream.gaps[-1]["filled"]
    desk.server.rest_answers.clear()
    filled = desk.becomes(lambda stream: stream.gaps[-1]["filled"], 35, "the gap is filled")
    note_times(f"history answers {status}", None, filled)
    assert_gap_is_told(desk)


def test_a_cut_while_history_is_read_begins_the_same_way_again(desk: FeedDesk) -> None:
    desk.server.history_held = True
    for _ in range(2):
        asked = desk.server.rest("/v2/stocks")
        desk.server.cut()
        wait_until(lambda: desk.server.rest("/v2/stocks") > asked, 10, "history is asked for")  # noqa: B023
    desk.server.history_held = False
    desk.comes_back()
    assert_gap_is_told(desk)


def test_a_server_that_is_away_is_tried_less_and_less_often(desk: FeedDesk) -> None:
    desk.server.always(503)
    desk.server.cut()
    began = time.monotonic()
    wait_until(lambda: len(desk.server.stock_connects(began)) >= 5, 40, "five tries")
    waits = [after - before for before, after in pairwise(desk.server.stock_connects(began))]
    assert waits[-1] > waits[0] and min(waits) > 0.9
    assert "Trying again in" in desk.stream.why
    desk.server.always()
    note_times("server away for half a minute", None, desk.comes_back(40))


def test_a_line_that_drops_every_two_seconds_costs_nothing(desk: FeedDesk) -> None:
    """Data comes between the drops, so that each time is a first time: short waits, and never two connections."""
    before, had = desk.shown().worker.rss_mb, threads(desk.newest("worker"))
    desk.server.always(drops_after(2.0))
    desk.server.cut()
    connects = desk.stream.connects
    desk.becomes(lambda stream: stream.connects >= connects + 6, 40, "six drops")
    assert desk.server.most_at_once == 1
    assert desk.shown().worker.rss_mb < before + 20
    assert threads(desk.newest("worker")) <= had + 2
