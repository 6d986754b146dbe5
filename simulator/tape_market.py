"""The market of a tape: what was recorded, in the tape's own time, and nothing before or after it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from domain.feed import Feed, feed_of
from domain.session import NS_PER_SECOND
from simulator.bar import NS_PER_MINUTE, minute_of
from simulator.columns import BarColumns
from simulator.hours import AlwaysOpen, Hours
from simulator.listing import Listing, tape_listing
from simulator.market_time import MarketTime
from simulator.quote import Quote
from simulator.source import SourceName
from simulator.tape_hours import TapeHours
from simulator.trade import Trade

NEVER = 2**62


def tape_markets(
    events: list[Trade | Quote], speed: float, source: Callable[[], int]
) -> tuple[TapeMarket, TapeMarket | None]:
    """The shares of a tape, and its coins if there are any, on one clock. Options are left out: nothing here plays them."""
    feeds = {symbol: feed_of(symbol) for symbol in {event.symbol for event in events}}
    shares = [event for event in events if feeds[event.symbol] is Feed.STOCKS]
    coins = [event for event in events if feeds[event.symbol] is Feed.CRYPTO]
    market = TapeMarket(shares, speed, source, whole=events)
    return market, TapeMarket(coins, speed, source, whole=events, beside=market) if coins else None


class TapeMarket:
    """Its clock stands at the first event's whole second until `start`, then runs to the end of the last minute."""

    name: SourceName = "tape"

    def __init__(
        self,
        events: list[Trade | Quote],
        speed: float,
        source: Callable[[], int],
        *,
        whole: list[Trade | Quote] | None = None,
        beside: TapeMarket | None = None,
    ) -> None:
        """`whole` is the tape that these are some of; `beside` is the market whose clock this one follows."""
        self._events = events
        self._moments = [event.ts_event for event in events]
        self._played = 0
        self._speed = speed
        self._started = self._follows = beside is not None
        self.hours: Hours = AlwaysOpen() if beside else TapeHours(self._moments)
        first, last = ((whole or events)[place].ts_event for place in (0, -1))
        self.begins_at = self.played_until = first // NS_PER_SECOND * NS_PER_SECOND
        self.ends_at = end = minute_of(last) + NS_PER_MINUTE
        self.time: MarketTime = beside.time if beside else MarketTime(source, anchor=self.begins_at, rate=0, end=end)
        self.listings = tuple(tape_listing(symbol) for symbol in sorted({event.symbol for event in events}))

    def rewind(self) -> None:
        """Back to the first event, to wait there for `start` again."""
        self.time.start_over()
        self._started = self._follows

    def start(self) -> None:
        """Lets the clock run, the first time it is called."""
        if not self._started:
            self._started = True
            self.time.set_rate(self._speed)

    def begin(self) -> None:
        """From the first event."""
        self._played = 0
        self.played_until = self.begins_at

    def has_lost_track(self, played: int, now: int) -> bool:
        """Never: a tape is played whole, however late."""
        return False

    @property
    def next_event(self) -> int:
        """The instant of the next event; far away after the last."""
        return self._moments[self._played] if self._played < len(self._moments) else NEVER

    def advance(self, until: int) -> list[Trade | Quote]:
        """The events before `until` that have not been played."""
        self.played_until = max(self.played_until, until)
        first, self._played = self._played, max(self._played, bisect_left(self._moments, until))
        return self._events[first : self._played]

    def earlier_minutes(self, listing: Listing) -> BarColumns:
        """None: nothing is known from before a tape."""
        return BarColumns.empty()

    def earlier_days(self, listing: Listing) -> BarColumns:
        """None: nothing is known from before a tape."""
        return BarColumns.empty()
