"""The crowd of one pit: makers, takers in bursts, improvers and patient orders, drawn from a seed.

Market time is all they know: how often `advance` is called changes nothing of what they do.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from random import Random

from domain.session import NS_PER_SECOND
from simulator.maker import Maker
from simulator.mood import USUAL, Mood
from simulator.order import TICKS_PER_DOLLAR, Order, Side
from simulator.path import FundamentalPath
from simulator.pit import Pit

OWNER = "crowd"
MAKERS = 5
BURST = 4.0  # trades in a burst on average
BURST_SHARE = 0.5  # of all trades
MAKER_TURNS = 0.45  # turns of a maker for each trade
IMPROVEMENTS = 1.3  # for each trade
PATIENT_ORDERS = 0.3  # for each trade
PATIENCE_S = 20.0
SWEEP = 0.15  # the chance that a taker goes through the best price

Action = Callable[[int], None]


class Crowd:
    """Trades in its pit from `open` to `close`; everything is decided by seed, opening time and path."""

    def __init__(self, pit: Pit, path: FundamentalPath, seed: int) -> None:
        self.pit = pit
        self._path = path
        self._seed = seed
        self._random = Random()
        self._agenda: list[tuple[int, int, Action]] = []
        self._entries = 0
        self.mood = USUAL

    def open(self, ts_event: int) -> None:
        """Starts at an instant with an empty book, which the makers fill at once."""
        self.close()
        self._random.seed(f"{self._seed}:{self.pit.listing.symbol}:{ts_event}")
        mood = self.mood
        pace = self.pit.listing.pace * mood.pace
        half_spread = self.pit.listing.spread * TICKS_PER_DOLLAR * 0.8 * mood.spread
        for number in range(MAKERS):
            maker = Maker(OWNER, self.pit, max(0.5, half_spread * (0.8 + 0.25 * number)), self._random, mood.depth)
            self._recur(pace * MAKER_TURNS, partial(self._make, maker), at=ts_event)
        self._recur(pace * (1 - BURST_SHARE), self._take_once, after=ts_event)
        self._recur(pace * BURST_SHARE / BURST, self._begin_burst, after=ts_event)
        self._recur(pace * IMPROVEMENTS, self._improve, after=ts_event)
        self._recur(pace * PATIENT_ORDERS, self._rest_deep, after=ts_event)

    def close(self) -> None:
        """Its orders leave the book and nothing is done any more. The last quote stands until the next opening."""
        self._agenda.clear()
        self.pit.book.cancel_all(OWNER)

    def take_mood(self, mood: Mood) -> None:
        """From the next opening on."""
        self.mood = mood

    def advance(self, until: int) -> None:
        """All that happens before `until`."""
        agenda = self._agenda
        while agenda and agenda[0][0] < until:
            ts_event, _, action = heapq.heappop(agenda)
            action(ts_event)
            self.pit.quote(ts_event)

    def _at(self, ts_event: int, action: Action) -> None:
        self._entries += 1
        heapq.heappush(self._agenda, (ts_event, self._entries, action))

    def _after(self, ts_event: int, mean_s: float, action: Action) -> None:
        self._at(ts_event + 1 + int(self._random.expovariate(1.0 / mean_s) * NS_PER_SECOND), action)

    def _recur(self, rate: float, action: Action, *, at: int | None = None, after: int = 0) -> None:
        """The action again and again, `rate` times a second on average."""

        def again(ts_event: int) -> None:
            action(ts_event)
            self._after(ts_event, 1.0 / rate, again)

        if at is not None:
            self._at(at, again)
        else:
            self._after(after, 1.0 / rate, again)

    def _worth(self, ts_event: int) -> float:
        """What the share is worth, in ticks."""
        return self._path.price_at(ts_event) * TICKS_PER_DOLLAR

    def _make(self, maker: Maker, ts_event: int) -> None:
        maker.turn(ts_event, self._worth(ts_event))

    def _side(self, ts_event: int) -> Side:
        """More likely the side on which the touch is behind what the share is worth or where it went last."""
        bid, _, ask, _ = self.pit.book.touch()
        middle, spread = (bid + ask) / 2, max(1, ask - bid)
        lag = (self._worth(ts_event) - middle) / spread
        momentum = ((self.pit.last_price or middle) - middle) / spread
        chance = min(0.95, max(0.05, 0.5 + 0.5 * lag + 0.1 * momentum))
        return Side.BUY if self._random.random() < chance else Side.SELL

    def _size(self) -> int:
        """Shares of a print; about a third are exactly 100, as on the real tape."""
        if self._random.random() < 0.3:
            return 100
        return max(1, min(2_000, round(self._random.lognormvariate(3.8, 1.0))))

    def _take(self, side: Side, ts_event: int) -> None:
        best = self.pit.book.best(side.opposite)
        if best is not None:
            reach = self._random.randrange(1, 4) if self._random.random() < SWEEP else 0
            size = self._size() * (2 if reach else 1)
            self.pit.place(ts_event, OWNER, side, best + side * reach, size, rest=False)

    def _take_once(self, ts_event: int) -> None:
        self._take(self._side(ts_event), ts_event)

    def _begin_burst(self, ts_event: int) -> None:
        self._continue_burst(self._side(ts_event), ts_event)

    def _continue_burst(self, side: Side, ts_event: int) -> None:
        self._take(side, ts_event)
        if self._random.random() > 1 / BURST:
            pause_ns = int(self._random.lognormvariate(-2.2, 1.2) * NS_PER_SECOND)
            self._at(ts_event + 1 + pause_ns, partial(self._continue_burst, side))

    def _improve(self, ts_event: int) -> None:
        """An order inside the spread, or at the touch when there is no room, that soon goes away again."""
        bid, _, ask, _ = self.pit.book.touch()
        if bid and ask:
            side = self._side(ts_event)
            room = 1 if ask - bid > 1 else 0
            price = bid + room if side is Side.BUY else ask - room
            self._rest(ts_event, side, price, 0.8)

    def _rest_deep(self, ts_event: int) -> None:
        side = Side.BUY if self._random.random() < 0.5 else Side.SELL
        best = self.pit.book.best(side)
        if best is not None:
            depth = 1 + int(self._random.expovariate(1 / (3 + best * 2e-4)))
            self._rest(ts_event, side, max(1, best - side * depth), PATIENCE_S)

    def _rest(self, ts_event: int, side: Side, price: int, mean_life_s: float) -> None:
        size = max(1, int(100 * self._random.choice((1, 1, 2, 3)) * self.mood.depth))
        order = self.pit.place(ts_event, OWNER, side, price, size)
        self._after(ts_event, mean_life_s, partial(self._withdraw, order))

    def _withdraw(self, order: Order, ts_event: int) -> None:
        self.pit.book.cancel(order.order_id)
