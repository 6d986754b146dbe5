"""The depth board: order books as the crypto stream tells them, whole once and then level by level."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.hub import Hub
from simulator.notice import DepthChange
from simulator.pit import Pit
from simulator.silences import Silences

Sides = tuple[dict[float, float], dict[float, float]]
Levels = tuple[tuple[float, float], ...]


class DepthBoard:
    """Reads a book only while somebody has subscribed it."""

    def __init__(self, pits: Mapping[str, Pit], hub: Hub, silences: Silences) -> None:
        self._pits, self._hub, self._silences = pits, hub, silences
        self._told: dict[str, Sides] = {}

    def publish(self, now: int) -> None:
        """What has changed since the last call."""
        wanted = self._hub.wanted("orderbooks")
        for symbol, pit in self._pits.items():
            if wanted.isdisjoint((symbol, "*")):
                self._told.pop(symbol, None)
            elif not self._silences.covers(symbol, now):
                self._tell(symbol, now, pit.depth())

    def _tell(self, symbol: str, now: int, sides: Sides) -> None:
        (old_bids, old_asks), (bids, asks) = self._told.get(symbol, ({}, {})), sides
        self._told[symbol] = sides
        whole = DepthChange(symbol, now, tuple(bids.items()), tuple(asks.items()), full=True)
        changes = DepthChange(symbol, now, change(old_bids, bids), change(old_asks, asks), full=False)
        self._hub.publish_depth(whole, changes)


def change(before: Mapping[float, float], after: Mapping[float, float]) -> Levels:
    """The levels that are different; size 0 for one that is gone."""
    gone = tuple((price, 0.0) for price in before if price not in after)
    return gone + tuple((price, size) for price, size in after.items() if before.get(price) != size)
