"""Still wanted: whether an order that the broker never got may be sent a second time, a while after its click."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.order import Order
from orders.journal import JournalWriter
from orders.kill_switch import KillSwitch

WANTED_S: Final = 30.0
"""Nobody expects an order at the price of half a minute later."""


@dataclass(frozen=True, slots=True)
class StillWanted:
    """Asked inside the journal's transaction. `stopped` says why nothing may be sent now (market closed, not compared,
    breaker open); empty if nothing is in the way."""

    kill: KillSwitch
    stopped: Callable[[JournalWriter, Order], str]
    now: Callable[[], int] = time.time_ns

    def __call__(self, rows: JournalWriter, order: Order) -> str:
        """Why the order is not wanted any more; empty if it still is."""
        if order.replaces:  # the order that it would replace goes on, and may have been filled meanwhile
            return "A change of an order is not sent again."
        age_s = (self.now() - order.created_at) / 1e9
        if abs(age_s) > WANTED_S:  # below 0 where this machine's clock was set back since: its age is not known then
            return f"It is older than {WANTED_S:.0f} s."
        killed_by = self.kill.on_by(rows)
        return f"The kill switch is on ({killed_by})." if killed_by else self.stopped(rows, order)
