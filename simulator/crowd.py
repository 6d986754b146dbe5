"""The crowd of one pit: makers, takers in bursts, and visitors, drawn from a seed.

Market time is all they know: how often `advance` is called changes nothing of what they do.
"""

from __future__ import annotations

from math import exp

from simulator.agenda import Action, Agenda
from simulator.habits import HABITS, Habits
from simulator.maker import Maker
from simulator.mood import Mood
from simulator.path import FundamentalPath
from simulator.pit import OWNER, Pit
from simulator.price_bands import PriceBands
from simulator.takers import Takers
from simulator.tide import FLAT, Tide
from simulator.view import View
from simulator.visitors import Visitors

__all__ = ["OWNER", "Crowd"]

AT_OPENING_S = 0.1  # within which all makers have quoted


class Crowd:
    """Trades in its pit from `open` to `close`; everything is decided by seed, opening time and path.

    `events` counts what anybody of it has done, ever.
    """

    def __init__(
        self,
        pit: Pit,
        path: FundamentalPath,
        seed: int,
        *,
        habits: Habits = HABITS,
        tide: Tide = FLAT,
        banded: bool = False,
    ) -> None:
        """`banded`: prices keep within limit up and limit down, and trading pauses at them."""
        self.pit = pit
        self._seed, self._habits, self._tide = seed, habits, tide
        self._agenda = Agenda()
        self._view = View(pit, path, habits, self._agenda.random)
        self._takers = Takers(self._view, self._agenda, self._one_maker)
        self._visitors = Visitors(self._view, self._agenda)
        self._makers: list[Maker] = []
        self._bands = PriceBands(pit, tide, self.open) if banded else None
        self._spirit = 0.0
        self._pace = 0.0
        self.events = 0

    @property
    def next_at(self) -> int:
        """When somebody acts next."""
        return self._agenda.next_at

    def open(self, ts_event: int) -> None:
        """Starts at an instant with an empty book, which the makers fill at once."""
        if self._bands is not None:
            self._bands.begin(ts_event)
        self._start(ts_event)

    def requote(self, ts_event: int) -> None:
        """Takes back its orders and quotes anew, unless trading pauses."""
        if self._bands is None or not self._bands.paused:
            self._start(ts_event)

    def _start(self, ts_event: int) -> None:
        self.close()
        self._agenda.random.seed(f"{self._seed}:{self.pit.listing.symbol}:{ts_event}")
        self._view.begin(ts_event)
        if self._bands is not None:
            self._bands.watch(ts_event, self._agenda)
        self._spirit = 0.0
        self._set_pace(ts_event)
        habits = self._habits
        half = self._view.half_spread
        self._makers = [
            Maker(
                self._view,
                max(0.5, half * (habits.nearest + habits.farther * number)),
                habits.delay_s * number,
                habits,
            )
            for number in range(habits.makers)
        ]
        for maker in self._makers:
            self._agenda.at(ts_event, maker.turn)
        bursts = 1 / (habits.trades_an_order * habits.orders_a_burst)
        self._recur(habits.maker_turns * habits.makers, self._one_maker, ts_event)
        self._recur(bursts, self._takers.burst, ts_event)
        self._recur(habits.news, self._takers.look, ts_event)
        self._recur(habits.improve, self._visitors.improve, ts_event)
        if not self.pit.listing.is_crypto:
            self._recur(habits.hidden, self._visitors.hide, ts_event)
        self._recur(habits.patient, self._visitors.wait, ts_event)
        self._agenda.after(ts_event, habits.mood_s, self._change_spirit)

    def close(self) -> None:
        """Its orders leave the book and nothing is done any more. The last quote stands until the next opening."""
        self._agenda.clear()
        self.pit.book.cancel_all(OWNER)

    @property
    def mood(self) -> Mood:
        """How it behaves."""
        return self._view.mood

    def take_mood(self, mood: Mood) -> None:
        """From the next action on."""
        self._view.mood = mood

    def advance(self, until: int) -> None:
        """All that happens before `until`."""
        agenda, quote = self._agenda, self.pit.quote
        while agenda.next_at < until:
            ts_event, _, action = agenda.pop()
            self.events += 1
            action(ts_event)
            quote(ts_event)

    def _recur(self, rate: float, action: Action, ts_event: int) -> None:
        """The action again and again, `rate` times for each trade of the pace of the moment."""

        def again(ts_event: int) -> None:
            action(ts_event)
            self._agenda.after(ts_event, 1 / (rate * self._pace * self._view.mood.pace), again)

        self._agenda.after(ts_event, 1 / (rate * self._pace), again)

    def _change_spirit(self, ts_event: int) -> None:
        """Times are livelier and calmer, beside what the hour brings."""
        habits = self._habits
        self._spirit = 0.6 * self._spirit + 0.8 * self._agenda.random.gauss(0.0, habits.mood)
        self._set_pace(ts_event)
        self._agenda.after(ts_event, habits.mood_s, self._change_spirit)

    def _set_pace(self, ts_event: int) -> None:
        lively = exp(self._spirit - self._habits.mood**2 / 2)
        self._pace = self.pit.listing.pace * lively * self._tide.factor(ts_event)

    def _one_maker(self, ts_event: int) -> None:
        self._makers[int(len(self._makers) * self._agenda.random.random())].turn(ts_event)
