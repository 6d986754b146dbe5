"""A share as liquid as the one on the tape behaves like it, by statistics over seeds; `benchmarks.market_facts` has all of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from benchmarks.generated_hours import START, TAPE_LIQUIDITY, ToldPit
from benchmarks.market_facts import TAPE, is_near, medians
from domain.nyse_hours import NyseHours
from domain.session import NS_PER_SECOND
from simulator.crowd import Crowd
from simulator.generated import paths
from simulator.history import History
from simulator.hours import AlwaysOpen
from simulator.listing import generated_listings
from simulator.mood import USUAL, Mood
from simulator.quote import Quote
from simulator.tide import Tide, shape
from simulator.trade import Trade

STEADY = (
    "spread_05", "spread_50", "spread_95", "spread_bps", "trades_a_second", "gap_variation", "quotes_a_trade", "size_50",
    "size_99", "share_of_100", "at_bid", "inside", "at_ask", "sign_lag_1", "sign_lag_2", "sign_lag_5",
    "volatility_1min_bps",
)  # fmt: skip
"""The facts that three hours tell well enough."""


@pytest.fixture(scope="module")
def generated() -> dict[str, float]:
    return medians(range(1, 4))


@pytest.mark.parametrize("fact", STEADY)
def test_the_generated_hour_is_like_the_real_one(generated, fact):
    assert is_near(TAPE.values()[fact], generated[fact]), (TAPE.values()[fact], generated[fact])


def test_volume_over_a_session_is_a_u():
    hours = NyseHours()
    (session,) = hours.sessions(date(2026, 11, 20), date(2026, 11, 20))
    span = session.closes_at - session.opens_at
    volumes, tide = {"open": 0, "noon": 0, "close": 0}, Tide(hours)
    for part, done in (("open", 0.0), ("noon", 0.48), ("close", 0.96)):
        for seed in range(1, 4):
            pit = ToldPit(TAPE_LIQUIDITY)
            crowd = Crowd(pit, paths((TAPE_LIQUIDITY,), seed)["AMZN"], seed, tide=tide)
            start = session.opens_at + int(done * span)
            crowd.open(start)
            crowd.advance(start + 900 * NS_PER_SECOND)
            volumes[part] += sum(event.size for event in pit.drain() if isinstance(event, Trade))
    assert volumes["open"] > 2 * volumes["noon"] and volumes["close"] > 1.4 * volumes["noon"]
    assert np.mean([shape(done) for done in np.linspace(0, 1, 1_001)]) == pytest.approx(1, abs=1e-3)
    assert Tide(AlwaysOpen()).factor(session.opens_at) == 1


def test_stocks_move_with_the_index_as_much_as_their_listing_says():
    listings = {share.symbol: share for share in generated_listings()}
    minute = 1_795_161_600 // 60
    correlations = {symbol: [] for symbol in listings}
    for seed in range(1, 9):
        found = paths(tuple(listings.values()), seed)
        moves = {name: np.diff(np.log(path.grid(minute, minute + 1_000, 6))) for name, path in found.items()}
        for name, moved in moves.items():
            correlations[name].append(np.corrcoef(moved, moves["SPY"])[0, 1])
    for name, share in listings.items():
        assert np.mean(correlations[name]) == pytest.approx(share.follows, abs=0.06), name
        assert share.follows > 0.4


def test_no_two_invented_shares_are_the_same_and_all_are_spelt_as_symbols():
    listings = generated_listings(500)
    assert len({share.symbol for share in listings}) == 500
    assert all(share.symbol.isalpha() and len(share.symbol) <= 5 and share.price > 10 for share in listings)
    assert all("invented" in share.name for share in listings[12:])
    assert listings[:12] == generated_listings()


def test_history_has_the_u_too():
    hours, share = NyseHours(), generated_listings()[0]
    (session,) = hours.sessions(date(2026, 11, 20), date(2026, 11, 20))
    bars = History(share, paths((share,), 1)[share.symbol], hours, session.closes_at).minutes
    today = bars.between(session.opens_at, session.closes_at - 1).trade_count
    assert len(today) == 390
    assert today[:30].mean() > 2 * today[170:220].mean() and today[-30:].mean() > 1.4 * today[170:220].mean()


def quiet_minutes(mood: Mood) -> tuple[float, float, int]:
    """Median spread, median shares at the bid and trades of ten minutes in a mood."""
    pit = ToldPit(TAPE_LIQUIDITY)
    crowd = Crowd(pit, paths((TAPE_LIQUIDITY,), 3)["AMZN"], 3)
    crowd.take_mood(mood)
    crowd.open(START)
    crowd.advance(START + 600 * NS_PER_SECOND)
    events = pit.drain()
    quotes = [event for event in events if isinstance(event, Quote)]
    spreads = [event.ask_price - event.bid_price for event in quotes]
    return float(np.median(spreads)), float(np.median([event.bid_size for event in quotes])), len(events) - len(quotes)


def test_a_mood_widens_the_spread_drains_the_book_and_hurries_the_trade():
    spread, shares, trades = quiet_minutes(USUAL)
    assert quiet_minutes(Mood(spread=4))[0] > 2 * spread
    assert quiet_minutes(Mood(depth=0.1))[1] < 0.3 * shares
    assert quiet_minutes(Mood(pace=4))[2] > 2 * trades
