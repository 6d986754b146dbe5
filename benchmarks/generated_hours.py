"""Hours of a generated market, run in this process as fast as they can be."""

from __future__ import annotations

from benchmarks.tape_facts import Events
from domain.session import NS_PER_SECOND
from simulator.crowd import Crowd
from simulator.habits import HABITS, Habits
from simulator.listing import Listing
from simulator.order import Side
from simulator.path import FundamentalPath, Wind
from simulator.pit import Pit
from simulator.quote import Quote
from simulator.trade import Trade

START = 1_795_188_600_000_000_000  # 2026-11-20 10:30 in New York
SETTLING_S = 300
TAPE_LIQUIDITY = Listing("AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", "C", 223.0, 0.12, 0.52, volatility=0.43)
"""A share as liquid as the one on the tape: spread in USD, trades a second, volatility."""


class ToldPit(Pit):
    """A pit that remembers for each print who arrived: the wire does not say so of shares."""

    def __init__(self, listing: Listing) -> None:
        super().__init__(listing)
        self.takers: list[int] = []

    def trade(self, ts_event: int, price: float, size: float, taker: Side) -> Trade:
        """As the pit's."""
        self.takers.append(int(taker))
        return super().trade(ts_event, price, size, taker)


def generated_hour(listing: Listing, seed: int, *, seconds: int = 3_600, habits: Habits = HABITS) -> Events:
    """What a client would see in an hour, after five minutes of which it saw nothing."""
    pit = ToldPit(listing)
    path = FundamentalPath(
        seed,
        listing.symbol,
        listing.price,
        volatility=listing.volatility,
        wind=Wind(seed, "SPY"),
        follows=listing.follows,
    )
    crowd = Crowd(pit, path, seed, habits=habits)
    crowd.open(START - SETTLING_S * NS_PER_SECOND)
    crowd.advance(START)
    pit.drain()
    pit.takers.clear()
    crowd.advance(START + seconds * NS_PER_SECOND)
    return events_of(pit)


def events_of(pit: ToldPit) -> Events:
    """The published events of a pit, with the taker's side of each print."""
    found, takers = Events(), iter(pit.takers)
    for event in pit.drain():
        if isinstance(event, Quote):
            found.quote(event.ts_event, event.bid_price, event.ask_price)
        elif isinstance(event, Trade):
            found.trade(event.ts_event, event.price, event.size, next(takers))
    return found
