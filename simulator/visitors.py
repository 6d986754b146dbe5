"""The visitors of one pit: orders that rest for a while, inside the spread, hidden, or patiently behind it."""

from __future__ import annotations

from functools import partial

from simulator.agenda import Agenda
from simulator.maker import ODD_LOTS
from simulator.order import BUY, SELL, Order, Side
from simulator.view import View

LOTS = (100, 100, 100, 200, 300)


class Visitors:
    """Each of them goes away again, if it has not traded before."""

    def __init__(self, view: View, agenda: Agenda) -> None:
        self._view, self._agenda, self._habits = view, agenda, view.habits

    def improve(self, ts_event: int) -> None:
        """A better price than the best, or the best where there is no room."""
        bid, _, ask, _ = self._view.pit.book.touch()
        if bid and ask:
            side = self._either()
            room = max(0, ask - bid - self._view.closest())
            better = min(room, 1 + int(self._view.random.random() * self._habits.improve_reach * room)) if room else 0
            price = bid + better if side > 0 else ask - better
            self._rest(ts_event, side, price, self._size(), self._habits.improve_life_s)

    def hide(self, ts_event: int) -> None:
        """An order that nobody sees, a little better than the best, or in the middle."""
        bid, _, ask, _ = self._view.pit.book.touch()
        if not bid or ask - bid < 2:
            return
        side, random = self._either(), self._view.random
        better = (
            (ask - bid) // 2
            if random.random() < self._habits.middle
            else min(ask - bid - 1, 1 + int(2 * random.random()))
        )
        price = bid + better if side > 0 else ask - better
        self._rest(ts_event, side, price, self._size(), self._habits.hidden_life_s, hidden=True)

    def wait(self, ts_event: int) -> None:
        """A patient order, a few ticks behind the best."""
        side = self._either()
        best = self._view.pit.book.best(side)
        if best is not None:
            depth = 1 + int(self._view.random.expovariate(1 / (3 + best * 2e-4)))
            self._rest(ts_event, side, max(1, best - side * depth), self._size(), self._habits.patience_s)

    def _either(self) -> Side:
        return BUY if self._view.random.random() < 0.5 else SELL

    def _size(self) -> int:
        random = self._view.random
        if random.random() < ODD_LOTS:
            return 1 + int(99 * random.random())
        return LOTS[int(len(LOTS) * random.random())]

    def _rest(
        self, ts_event: int, side: Side, price: int, size: int, mean_life_s: float, *, hidden: bool = False
    ) -> None:
        order = self._view.rest(ts_event, side, price, size, hidden=hidden)
        if order.remaining:
            self._agenda.after(ts_event, mean_life_s, partial(self._withdraw, order))

    def _withdraw(self, order: Order, _ts_event: int) -> None:
        self._view.pit.book.cancel(order.order_id)
