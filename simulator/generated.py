"""The generated market: shares with a crowd in the pit of each, driven through the sessions of its hours."""

from __future__ import annotations

import heapq
from dataclasses import asdict
from typing import Any

from domain.session import NS_PER_SECOND, Session
from simulator.bar import NS_PER_MINUTE, minute_of
from simulator.columns import BarColumns
from simulator.crowd import OWNER, Crowd
from simulator.deed import Deed, Note
from simulator.habits import HABITS, LIVELY
from simulator.history import History
from simulator.hours import Hours, last_session, next_session, session_at
from simulator.listing import Listing
from simulator.market_time import MarketTime
from simulator.mood import USUAL, Mood
from simulator.moves import Drift, Stir
from simulator.order import TICKS_PER_DOLLAR, Order, Side
from simulator.path import FundamentalPath, Wind
from simulator.pit import Pit
from simulator.source import Event, SourceName
from simulator.tide import Tide

STRANGER = "stranger"
STRANGER_LEVELS = 40  # prices between the best one and the farthest that a stranger's order reaches
WARM_UP_NS = 300 * NS_PER_SECOND
MANY = 24  # shares, of which more are not traded through a warm-up: it would take longer than the start may
INDEX = "SPY"
CATCH_UP_NS = 30 * NS_PER_MINUTE
SET_BACK_NS = NS_PER_MINUTE


class GeneratedMarket:
    """Begins 300 s of trading before now, so that there are trades and a book at once.

    The events depend on seed, start and the orders placed in the pits, not on how often `advance` is called.
    """

    name: SourceName = "generated"

    def __init__(
        self,
        listings: tuple[Listing, ...],
        seed: int,
        hours: Hours,
        time: MarketTime,
        note: Note = lambda deed: None,
        *,
        banded: bool = False,
    ) -> None:
        """`note` is told of everything that is done from outside, so that it can be done again.

        `banded`: prices keep within limit up and limit down, and trading pauses at them.
        """
        self.hours = hours
        self._tell = note
        self.time = time
        self.listings = listings
        self._paths = paths(listings, seed)
        self._outbox: list[Pit] = []
        self.pits = {listing.symbol: Pit(listing, self._outbox) for listing in self.listings}
        tide = Tide(hours)
        self._crowds = {
            symbol: Crowd(
                pit,
                self._paths[symbol],
                seed,
                habits=HABITS if pit.listing.is_crypto else LIVELY,
                tide=tide,
                banded=banded,
            )
            for symbol, pit in self.pits.items()
        }
        self._due: list[tuple[int, str]] = []
        self._halted: set[str] = set()
        self.begin()

    def begin(self, begins_at: int | None = None) -> None:
        """From 300 s before where the clock stands now, or from `begins_at`; all before that is drawn from the path."""
        self.begins_at = self._now = begins_at or self._beginning(self.time.now())
        self._note("begin")
        self._session: Session | None = None
        self._rests_until = 0
        for path in self._paths.values():
            path.shift = 1.0
            path.moves.clear()
        for crowd in self._crowds.values():
            crowd.take_mood(USUAL)
        self._histories = {
            share.symbol: History(share, self._paths[share.symbol], self.hours, self.begins_at)
            for share in self.listings
        }

    @property
    def played_until(self) -> int:
        """Where an order that is placed now stands among the crowd's actions."""
        return self._now

    def has_lost_track(self, played: int, now: int) -> bool:
        """The machine was asleep for too long to trade through it, or its clock was set back."""
        return not -SET_BACK_NS < now - played < CATCH_UP_NS

    def _beginning(self, now: int) -> int:
        session = last_session(self.hours, now)
        warm_up_ns = WARM_UP_NS if len(self.listings) <= MANY else 0
        return max(session.opens_at, minute_of(min(now, session.closes_at) - warm_up_ns))

    def advance(self, until: int) -> list[Event]:
        """The events before `until`; nothing trades between sessions."""
        events: list[Event] = []
        while self._now < until:
            session = self._session or self._enter(until)
            if session is None:
                break
            self._now = min(until, session.closes_at)
            events += self._play(self._now)
            if self._now >= session.closes_at:
                self._leave(session)
        return events

    def _play(self, until: int) -> list[Event]:
        """Only those who have something to do are asked: most of many shares have not, within a turn."""
        due = self._due
        while due and due[0][0] < until:
            moment, symbol = heapq.heappop(due)
            crowd = self._crowds[symbol]
            if crowd.next_at == moment:
                crowd.advance(until)
                heapq.heappush(due, (crowd.next_at, symbol))
        return self._drain()

    def _enter(self, until: int) -> Session | None:
        """The session that goes on now or opens before `until`."""
        if self._rests_until >= until:
            self._now = until
            return None
        session = session_at(self.hours, self._now) or next_session(self.hours, self._now)
        if session.opens_at >= until:
            self._rests_until = session.opens_at
            self._now = until
            return None
        self._now = max(self._now, session.opens_at)
        self._session = session
        for symbol in self._crowds:
            self._open(symbol)
        return session

    def _open(self, symbol: str) -> None:
        """The crowd of a symbol begins anew, unless nobody may trade it now."""
        if self._session is not None and symbol not in self._halted:
            self._crowds[symbol].open(self._now)
            heapq.heappush(self._due, (self._crowds[symbol].next_at, symbol))

    def events_of(self, symbol: str) -> int:
        """How many times somebody of a symbol's crowd has done something."""
        return self._crowds[symbol].events

    def _note(self, do: str, symbol: str = "", **fields: Any) -> None:
        event = self.events_of(symbol) if symbol else 0
        self._tell(Deed(at=self._now, do=do, symbol=symbol, event=event, fields=fields))

    def place(
        self, symbol: str, owner: str, side: Side, price: int, shares: int, *, rests: bool, waits: bool = False
    ) -> Order:
        """An order from outside, `price` in ticks; one that `waits` takes what arrives until it has enough."""
        self._note("place", symbol, owner=owner, side=int(side), price=price, shares=shares, rests=rests, waits=waits)
        pit = self.pits[symbol]
        order = pit.place(self._now, owner, side, price, shares, rest=rests)
        if order.remaining and waits:
            pit.wait(order, price)
        pit.quote(self._now)
        return order

    def withdraw(self, symbol: str, order_id: int) -> None:
        """An order leaves the book, if it is there."""
        self._note("withdraw", symbol, order_id=order_id)
        self.pits[symbol].cancel(order_id)
        self.pits[symbol].quote(self._now)

    def shrink(self, symbol: str, order_id: int, shares: int) -> bool:
        """Fewer shares in the same place of the queue; False when the order does not rest with more than that."""
        self._note("shrink", symbol, order_id=order_id, shares=shares)
        shrunk = self.pits[symbol].book.reduce(order_id, shares)
        self.pits[symbol].quote(self._now)
        return shrunk

    def _requote(self, symbol: str) -> None:
        """The crowd of a symbol takes back its orders and quotes anew, if it is there."""
        if self._session is not None and symbol not in self._halted:
            self._crowds[symbol].requote(self._now)
            heapq.heappush(self._due, (self._crowds[symbol].next_at, symbol))

    def halt(self, symbol: str) -> None:
        """The crowd leaves the pit until `resume`; clients' orders stay."""
        self._note("halt", symbol)
        self._halted.add(symbol)
        self.pits[symbol].halted = True
        self._crowds[symbol].close()

    def resume(self, symbol: str) -> None:
        """The crowd comes back."""
        self._note("resume", symbol)
        self._halted.discard(symbol)
        self.pits[symbol].halted = False
        self._open(symbol)

    def move(self, symbol: str, factor: float) -> None:
        """From now on the symbol is worth `factor` times as much; the crowd takes back its orders and quotes anew."""
        self._note("move", symbol, factor=factor)
        self._paths[symbol].shift *= factor
        self._requote(symbol)

    def drift(self, symbol: str, times: float, span_ns: int) -> None:
        """From now on the symbol's worth goes evenly to `times` what it is."""
        self._note("drift", symbol, times=times, span_ns=span_ns)
        self._paths[symbol].moves.add(Drift(self._now, self._now + span_ns, times))

    def stir(self, symbol: str, times: float, span_ns: int) -> None:
        """For a while the symbol's worth moves `times` as much."""
        self._note("stir", symbol, times=times, span_ns=span_ns)
        self._paths[symbol].moves.add(Stir(self._now, self._now + span_ns, times))

    def settle(self, symbol: str) -> None:
        """Drifts and stirs end: the symbol is worth what they have made of it so far."""
        self._note("settle", symbol)
        path = self._paths[symbol]
        path.moves.settle(self._now, path.undisturbed)

    def mood(self, symbol: str) -> Mood:
        """How the crowd of a symbol behaves."""
        return self._crowds[symbol].mood

    def take_mood(self, symbol: str, mood: Mood) -> None:
        """From now on the crowd of a symbol behaves so, and quotes anew; `USUAL` ends it."""
        if mood != self._crowds[symbol].mood:
            self._note("take_mood", symbol, mood=asdict(mood))
            self._crowds[symbol].take_mood(mood)
            self._requote(symbol)

    def disturb(self, symbol: str, side: Side, price: float, shares: int) -> None:
        """An order of a stranger takes all there is up to a price in USD; what it does not find is forgotten.

        Behind the book stand those who always buy cheap or sell dear: the order finds the more of them the farther it goes.
        """
        self._note("disturb", symbol, side=int(side), price=price, shares=shares)
        pit, limit = self.pits[symbol], max(1, round(price * TICKS_PER_DOLLAR))
        nearest = pit.book.best(side.opposite) or limit
        levels = {nearest + (limit - nearest) * number // STRANGER_LEVELS for number in range(1, STRANGER_LEVELS + 1)}
        size = max(1, shares // STRANGER_LEVELS)
        patient = [pit.place(self._now, OWNER, side.opposite, level, size) for level in sorted(levels)]
        pit.place(self._now, STRANGER, side, limit, shares, rest=False)
        for order in patient:
            pit.cancel(order.order_id)
        pit.quote(self._now)

    def _leave(self, session: Session) -> None:
        following = session_at(self.hours, session.closes_at)
        if following is not None:
            # Midnight in a market that is always open: the books stay as they are.
            self._session = following
            return
        self._session = None
        for crowd in self._crowds.values():
            crowd.close()

    def _drain(self) -> list[Event]:
        events = [event for pit in self._outbox for event in pit.drain()]
        self._outbox.clear()
        events.sort(key=lambda event: (event.ts_event, event.symbol))
        return events

    def earlier_minutes(self, listing: Listing) -> BarColumns:
        """Five sessions and the current one up to `begins_at`, from the path."""
        return self._histories[listing.symbol].minutes

    def earlier_days(self, listing: Listing) -> BarColumns:
        """A year of daily bars, from the path."""
        return self._histories[listing.symbol].days

    def rewind(self) -> None:
        """Back to the time of the wall."""
        self.time.start_over()

    def start(self) -> None:
        """A generated market waits for nobody."""


def paths(listings: tuple[Listing, ...], seed: int) -> dict[str, FundamentalPath]:
    """What each share is worth, by symbol; in part all follow the path of the index."""
    wind = Wind(seed, INDEX)
    return {
        share.symbol: FundamentalPath(
            seed, share.symbol, share.price, volatility=share.volatility, wind=wind, follows=share.follows
        )
        for share in listings
    }
