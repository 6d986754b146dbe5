"""What the worker says of itself."""

from __future__ import annotations

import time

import pytest

from broker.account import ServerClock
from domain.status import StreamState
from stream_worker.desk_state import GAPS_KEPT, DeskState
from stream_worker.market import Market
from tests.unit.domain.ticks import MINUTE, NOON, NS, trade

CLOCK = ServerClock(NOON, True, NOON + MINUTE, NOON + 2 * MINUTE)


@pytest.fixture
def market() -> Market:
    return Market(("AAPL",))


def test_a_desk_that_has_just_begun_knows_nothing(market: Market) -> None:
    status = DeskState("paper").status(market, 0, 0)
    assert (status.mode, status.stream.state, status.backfilled) == ("paper", StreamState.CONNECTING, False)
    assert status.stream.last_msg_age_s is None and status.stream.lag_ms is None and status.market.now == 0


def test_a_message_gives_the_stream_an_age(market: Market) -> None:
    state = DeskState("sim")
    state.connected()
    assert state.status(market, 0, 0).stream.last_msg_age_s is None
    state.message_came()
    age = state.status(market, 0, 0).stream.last_msg_age_s
    assert age is not None and 0 <= age < 1
    assert state.stream.connects == 1


def test_states_and_counts_are_told(market: Market) -> None:
    state = DeskState("sim")
    state.becomes(StreamState.LIVE)
    state.quarantined(0)
    state.quarantined(3)
    state.complain("Alpaca answered: slow client (407).")
    status = state.status(market, 8, 9)
    assert (status.stream.state, status.stream.why) == (StreamState.LIVE, "Alpaca answered: slow client (407).")
    assert (status.stream.quarantined, status.stream.dropped, status.queue_depth) == (3, 9, 8)
    state.becomes(StreamState.LIVE)
    assert state.stream.why == ""


def test_the_servers_clock_is_told_and_goes_on(market: Market) -> None:
    state = DeskState("sim")
    state.saw_clock(market, CLOCK, time.monotonic() - 10)
    told = state.status(market, 0, 0).market
    assert (told.is_open, told.next_open, told.next_close) == (True, NOON + MINUTE, NOON + 2 * MINUTE)
    assert NOON + 10 * NS <= told.now < NOON + 12 * NS


def test_the_lag_is_the_market_time_since_the_newest_event(market: Market) -> None:
    state = DeskState("sim")
    state.saw_clock(market, CLOCK, time.monotonic())
    market.add(trade(NOON - 3 * NS, 10.0), 1, time.monotonic())
    lag_ms = state.status(market, 0, 0).stream.lag_ms
    assert lag_ms is not None and 3_000 <= lag_ms < 5_000


def test_data_moves_what_is_covered_and_never_back(market: Market) -> None:
    state = DeskState("sim", covered_until=NOON)
    market.newest = NOON - MINUTE
    state.data_came(market)
    assert state.covered_until == NOON
    market.newest = NOON + MINUTE
    state.data_came(market)
    assert state.covered_until == NOON + MINUTE


def test_a_gap_is_told_only_when_the_desk_had_been_filled_before(market: Market) -> None:
    state = DeskState("sim", covered_until=NOON - MINUTE)
    state.filled(NOON)
    assert state.status(market, 0, 0).stream.gaps == [] and state.status(market, 0, 0).backfilled
    state.filled(NOON + MINUTE)
    (gap,) = state.status(market, 0, 0).stream.gaps
    assert gap == {"from": "2023-11-14T22:15:00+00:00", "to": "2023-11-14T22:16:00+00:00", "filled": True}


def test_only_the_last_gaps_are_kept(market: Market) -> None:
    state = DeskState("sim")
    for number in range(GAPS_KEPT + 5):
        state.filled(NOON + number * MINUTE)
    assert len(state.status(market, 0, 0).stream.gaps) == GAPS_KEPT
