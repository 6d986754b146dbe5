"""The slots of the data streams: one connection for each account and endpoint ("Streaming Market Data")."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulator.accounts import Account

Place = tuple[Account, str]


class Slots:
    """Who holds which slot; one that was held by a connection that died can stay taken for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._holders: dict[Place, object] = {}
        self._held_until: dict[Place, float] = {}
        self._clock = clock

    def take(self, account: Account, endpoint: str, holder: object) -> bool:
        """Whether the holder has the slot now."""
        if self._held_until.get((account, endpoint), 0.0) > self._clock():
            return False
        return self._holders.setdefault((account, endpoint), holder) is holder

    def free(self, account: Account, endpoint: str, holder: object, *, after_s: float = 0.0) -> None:
        """Gives the slot back, if the holder has it; nobody else gets it before `after_s` seconds."""
        if self._holders.get((account, endpoint)) is holder:
            del self._holders[account, endpoint]
            self._held_until[account, endpoint] = self._clock() + after_s
