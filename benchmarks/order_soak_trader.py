"""The traders of the order soak: they press the buttons of two web processes, and press again what was not answered.

A signal is one wish. It becomes a new ticket only where the desk said definitely that the last one is not there (denied,
rejected, not placed); until then the same ticket is pressed again, as a page does.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.order_soak_desk import SYMBOLS, SoakDesk
from tests.browser.poster import Poster

DEFINITE_NO: Final = frozenset({"denied", "rejected", "not_placed"})
PRESSES: Final = 12
"""A person gives up after so many."""

STATE: Final = 8
"""The place of the state in a row of the blotter."""


@dataclass
class Signal:
    """One wish: its tickets by nonce, and what was answered to each press."""

    name: str
    fields: dict[str, Any]
    tickets: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    """(client order id, state)"""

    took_s: list[float] = field(default_factory=list)

    refused: bool = True
    """Whether the desk said definitely that the last ticket is not there, or there is none yet."""

    def ticket(self) -> str:
        """The nonce to press with: a new one only where the last one was refused, not where it was not answered."""
        if self.refused:
            self.tickets.append(f"{self.name}-{len(self.tickets)}")
            self.refused = False
        return self.tickets[-1]

    def take_answer(self, client_order_id: str, state: str) -> None:
        """What the desk said of the last ticket."""
        self.answers.append((client_order_id, state))
        self.refused = state in DEFINITE_NO


@dataclass
class Trader:
    """Presses until stopped."""

    desk: SoakDesk
    seed: int
    signals: list[Signal] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _posters: dict[int, Poster] = field(default_factory=dict)

    def run(self) -> None:
        """One signal after another."""
        dice = random.Random(self.seed)
        while not self._stopped.is_set():
            side, symbol = dice.choice(["buy", "sell"]), dice.choice(SYMBOLS)
            fields = {"symbol": symbol, "side": side, "qty": str(dice.randint(1, 60)), "type": "market"}
            signal = Signal(
                f"{self.seed}-{len(self.signals):06d}", {**fields, "time_in_force": "day", "limit_price": ""}
            )
            self.signals.append(signal)
            self._want(signal, dice)
            self._stopped.wait(dice.uniform(0.02, 0.12))

    def stop(self) -> None:
        """No new presses."""
        self._stopped.set()

    def _want(self, signal: Signal, dice: random.Random) -> None:
        """Press until there is an answer that is not a no."""
        for _ in range(PRESSES):
            web = dice.randrange(len(self.desk.webs))
            row = self._press(web, signal)
            if row is not None:
                signal.take_answer(row[0], row[STATE])
                if not signal.refused:
                    self._sometimes_cancel(web, row[0], dice)
                    return
            if self._stopped.wait(0.3):
                return

    def _press(self, web: int, signal: Signal) -> list[Any] | None:
        began = time.monotonic()
        posted = {"n": 1, "ticket": {**signal.fields, "nonce": signal.ticket()}}
        answer = self._post(web, "ticket", posted)
        if answer is None:
            return None
        signal.took_s.append(time.monotonic() - began)
        row: list[Any] | None = answer.get("order")
        return row

    def _sometimes_cancel(self, web: int, client_order_id: str, dice: random.Random) -> None:
        if dice.random() < 0.15:
            self._post(web, "blotter", {"n": 1, "ids": [client_order_id]})

    def _post(self, web: int, action: str, posted: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None if there was none: the process died, or it never came."""
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError, ValueError, StopIteration):
            poster = self._posters.get(web) or self._posters.setdefault(web, Poster(self.desk.webs[web].url))
            return poster.act(action, posted)
        return None
