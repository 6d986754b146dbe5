"""A source of market events: the generated market, or a tape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from simulator.columns import BarColumns
from simulator.hours import Hours
from simulator.listing import Listing
from simulator.market_time import MarketTime
from simulator.notice import PriceBand, TradingStatus
from simulator.quote import Quote
from simulator.trade import Trade

Event = Trade | Quote | TradingStatus | PriceBand
SourceName = Literal["generated", "tape"]


class Source(Protocol):
    """Where trades and quotes come from, with the time and the hours that belong to them."""

    name: SourceName
    listings: tuple[Listing, ...]
    time: MarketTime
    begins_at: int

    @property
    def played_until(self) -> int:
        """The instant before which everything has been given."""
        ...

    @property
    def hours(self) -> Hours:
        """The sessions in which there can be events."""
        ...

    def advance(self, until: int) -> Sequence[Event]:
        """The events from where the last call ended to before `until`, in the order of time."""
        ...

    def earlier_minutes(self, listing: Listing) -> BarColumns:
        """Minute bars from before `begins_at`."""
        ...

    def earlier_days(self, listing: Listing) -> BarColumns:
        """Daily bars of days from before `earlier_minutes`."""
        ...

    def begin(self) -> None:
        """Takes up trading where the clock stands; sets `begins_at`."""
        ...

    def has_lost_track(self, played: int, now: int) -> bool:
        """Whether it is better to begin again at `now` than to go on from `played`."""
        ...

    def rewind(self) -> None:
        """The clock stands where it would if nobody had touched it; to be followed by `begin`."""
        ...

    def start(self) -> None:
        """Somebody listens, or has had the time to: what waited for that begins."""
        ...
