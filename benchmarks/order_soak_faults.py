"""The faults of the order soak, drawn by a seed: what the referee does wrong, what of its updates arrives, who dies when."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tests.referee import WORKING, Fault, Kept, Referee

POST: Final[dict[Fault, int]] = {
    "504 before": 6, "504 after": 6, "500 after": 3, "502 html": 3, "502 html after": 3, "reset before": 4,
    "reset after": 4, "truncated after": 4, "empty after": 3, "null after": 2, "429": 5, "422 duplicate": 2, "403": 2,
    "hang before": 1, "hang after": 1, "late": 1, "slow after": 4, "none": 50,
}  # fmt: skip
"""How often each answer to a POST is drawn. A hang costs its caller seven seconds, so there are few."""

READ: Final[dict[Fault, int]] = {
    "504 before": 3,
    "502 html": 3,
    "reset before": 3,
    "truncated": 3,
    "empty": 2,
    "none": 86,
}
"""Look-ups, lists and cancels. 401 and 403 are no faults of a network but end it: they are tested elsewhere."""

UPDATE: Final = {"lost": 8, "twice": 8, "late": 8, "garbage": 2, "none": 74}
CUT_EVERY_S: Final = 7.0
FILL_EVERY_S: Final = 0.03
AFTER_CANCEL: Final = 0.2
"""So often an order that was canceled is filled a little more all the same."""


@dataclass
class Mischief:
    """Makes a referee misbehave until `stop`, the same way for the same seed as far as the callers' order allows."""

    referee: Referee
    seed: int
    on_fault: Callable[[str], None] = lambda what: None
    counts: Counter[str] = field(default_factory=Counter)
    _late: list[dict[str, Any]] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._dice, self._lock = random.Random(self.seed), threading.Lock()

    def start(self) -> None:
        """From now on."""
        self.referee.draw, self.referee.deliver = self.draw, self.deliver

    def stop(self) -> None:
        """All is well from now on; executions go on."""
        self.referee.forgive()
        self.referee.release()
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Whether it was stopped within so long."""
        return self._stopped.wait(seconds)

    def draw(self, request: str) -> Fault | None:
        """What goes wrong with a request."""
        odds = POST if request == "POST /v2/orders" else READ
        with self._lock:
            found = self._dice.choices(list(odds), list(odds.values()))[0]
        if found != "none":
            self._count(f"{request.partition('?')[0].split('/')[0].strip()} {found}")
        return found

    def deliver(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        """What arrives of an update: it, nothing, it twice, or it after the next one."""
        with self._lock:
            fate = self._dice.choices(list(UPDATE), list(UPDATE.values()))[0]
            before, self._late = self._late, [frame] if fate == "late" else []
        if fate != "none":
            self._count(f"update {fate}")
        garbage: dict[str, Any] = {"stream": "trade_updates", "data": {"event": "fill", "order": None}}
        arrives = {"lost": [], "twice": [frame, frame], "late": [], "garbage": [garbage, frame], "none": [frame]}[fate]
        return [*arrives, *before]

    def cut_streams(self) -> None:
        """Cut the order stream every few seconds, until stopped."""
        while not self._stopped.wait(CUT_EVERY_S * (0.5 + self._dice.random())):
            self._count("stream cut")
            self.referee.hang_up()

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self.on_fault(what)


@dataclass
class Exchange:
    """Executes the referee's orders in parts, some after their cancel; never stops by itself."""

    referee: Referee
    seed: int
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Execute until stopped; then every order that still works is filled to its end."""
        dice = random.Random(self.seed)
        while not self._stopped.wait(FILL_EVERY_S):
            self._execute(dice, whole=False)
        self._execute(dice, whole=True)

    def stop(self) -> None:
        """Fill the rest and end."""
        self._stopped.set()

    def _execute(self, dice: random.Random, whole: bool) -> None:
        with self.referee._lock:
            orders = list(self.referee.orders.values())
        for kept in orders if whole else dice.sample(orders, min(len(orders), 12)):
            left = kept.qty - kept.filled_qty
            canceled = kept.status == "canceled" and not whole and dice.random() < AFTER_CANCEL / 100
            if left and (kept.status in WORKING or canceled):
                self._fill(kept, left if whole else Decimal(dice.randint(1, int(left))))

    def _fill(self, kept: Kept, qty: Decimal) -> None:
        price = Decimal("100") + Decimal(time.time_ns() % 100) / 100
        with self.referee._lock:
            if kept.status in WORKING or kept.status == "canceled":
                self.referee.fill(kept, min(qty, kept.qty - kept.filled_qty) or qty, price)
