"""What the worker knows about one of its streams."""

from __future__ import annotations

from collections import Counter

from domain.feed import Feed
from domain.status import StreamState
from stream_worker.feed_state import FeedState
from tests.unit.domain.ticks import MINUTE, NOON

AT = "2023-11-14T22:15:00+00:00"


def test_a_new_stream_is_connecting_and_has_no_age() -> None:
    status = FeedState(Feed.CRYPTO).status(["BTC/USD"])
    assert (status.state, status.feed, status.last_msg_age_s) == (StreamState.CONNECTING, "crypto", None)
    assert status.not_streaming == ["BTC/USD"] and status.gaps == []


def test_a_message_gives_the_stream_an_age() -> None:
    state = FeedState(Feed.STOCKS)
    state.connected()
    assert state.status([]).last_msg_age_s is None
    state.message_came()
    age = state.status([]).last_msg_age_s
    assert age is not None and 0 <= age < 1
    assert state.status([]).connects == 1 and state.silence_s < 1


def test_states_complaints_and_counts_are_told() -> None:
    state = FeedState(Feed.STOCKS)
    state.becomes(StreamState.LIVE)
    state.quarantined(Counter())
    state.quarantined(Counter({"impossible trade": 1, "undecodable": 1}))
    state.quarantined(Counter({"undecodable": 1}))
    state.complain("Alpaca answered: slow client (407).")
    state.count(unasked=2, conflated=3, outliers=0)
    state.count(unasked=1)
    status = state.status([])
    assert (status.state, status.why) == (StreamState.LIVE, "Alpaca answered: slow client (407).")
    assert (status.quarantined, status.quarantine) == (3, {"impossible trade": 1, "undecodable": 2})
    assert (status.unasked, status.conflated, status.outliers) == (3, 3, 0)
    state.becomes(StreamState.LIVE)
    assert state.status([]).why == ""


def test_a_told_status_does_not_change_afterwards() -> None:
    state = FeedState(Feed.STOCKS)
    state.quarantined(Counter({"undecodable": 1}))
    status = state.status([])
    state.quarantined(Counter({"undecodable": 1}))
    assert status.quarantine == {"undecodable": 1}


def test_the_first_filling_is_no_gap() -> None:
    state = FeedState(Feed.STOCKS)
    state.filled(NOON, 2, True)
    assert state.status([]).gaps == [] and state.backfilled and state.covered_until == NOON


def test_what_was_not_known_between_two_workers_is_a_gap() -> None:
    state = FeedState(Feed.STOCKS, covered_until=NOON)
    assert not state.backfilled
    state.lost(2)
    assert state.status([]).gaps == [], "nothing was read yet: the gap is told when it is known how long it was"
    state.filled(NOON + MINUTE, 2, None)
    (gap,) = state.status([]).gaps
    assert gap == {"from": AT, "to": "2023-11-14T22:16:00+00:00", "filled": True, "verified": None, "symbols": 2}


def test_a_gap_is_open_from_the_loss_until_history_was_read() -> None:
    state = FeedState(Feed.STOCKS)
    state.filled(NOON, 2, None)
    state.lost(2)
    state.lost(2)
    (gap,) = state.status([]).gaps
    assert gap == {"from": AT, "to": None, "filled": False, "verified": None, "symbols": 2}
    state.filled(NOON + MINUTE, 2, True)
    (gap,) = state.status([]).gaps
    assert (gap["from"], gap["to"], gap["filled"], gap["verified"]) == (AT, "2023-11-14T22:16:00+00:00", True, True)


def test_a_gap_begins_at_the_last_that_is_known() -> None:
    state = FeedState(Feed.STOCKS)
    state.filled(NOON - MINUTE, 2, None)
    state.covered_until = NOON
    state.lost(2)
    assert state.status([]).gaps[0]["from"] == AT


def test_a_stream_that_was_never_filled_has_no_gap_when_it_is_lost() -> None:
    state = FeedState(Feed.STOCKS)
    state.lost(2)
    assert state.status([]).gaps == []


def test_what_comes_beside_an_open_gap_does_not_cover_what_is_missing() -> None:
    state = FeedState(Feed.STOCKS)
    state.filled(NOON, 2, None)
    state.covers(NOON + 5)
    state.lost(2)
    state.covers(NOON + 100)
    assert state.covered_until == NOON + 5
    state.filled(NOON + 200, 2, True)
    state.covers(NOON + 300)
    assert state.covered_until == NOON + 300
