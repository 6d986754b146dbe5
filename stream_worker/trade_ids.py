"""The ids of trades already seen, so that a trade which comes twice (history and stream) counts once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.session import NS_PER_SECOND
from domain.tick import Records

GENERATION: Final = 300_000
"""Trades remembered are at most twice as many."""

SPAN_NS: Final = 600 * NS_PER_SECOND
"""Trades are remembered for this long by market time at least: what comes twice comes within minutes."""

_SHIFT: Final = np.uint64(29)
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


class SeenTrades:
    """Remembers trades by symbol, id and event time (Alpaca's ids are unique a symbol, exchange and day only).

    The three are mixed into 64 bits: among 600,000 remembered trades the chance that a new one is taken for an old one
    is below one in ten thousand million.
    """

    def __init__(self, generation: int = GENERATION) -> None:
        self._generation = generation
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._begun_at = 0

    def fresh(self, trades: Records, names: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of the trades were never seen before; all of them are remembered.

        `names` holds a number for each symbol's place that stays the same when the places change.
        """
        if len(trades):
            self._grow_old(int(trades["ts_event"].max()))
        keys = _keys(trades, names)
        unique = set(keys)
        if len(unique) == len(keys) and self._young.isdisjoint(unique) and self._old.isdisjoint(unique):
            self._remember(unique)
            return np.ones(len(keys), np.bool_)
        fresh = [self._first_time(key) for key in keys]
        self._remember(set())
        return np.array(fresh, np.bool_)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._begun_at = set(), set(), 0

    def _grow_old(self, now: int) -> None:
        self._begun_at = self._begun_at or now
        if now - self._begun_at > SPAN_NS:
            self._old, self._young, self._begun_at = self._young, set(), now

    def _first_time(self, key: int) -> bool:
        if key in self._young or key in self._old:
            return False
        self._young.add(key)
        return True

    def _remember(self, keys: set[int]) -> None:
        self._young |= keys
        if len(self._young) > self._generation:
            self._old, self._young, self._begun_at = self._young, set(), 0


def _keys(trades: Records, names: NDArray[np.uint64]) -> list[int]:
    mixed: Any = np.zeros(len(trades), np.uint64)
    for part, factor in zip((_ids(trades), names[trades["symbol"]], trades["ts_event"]), _MIX, strict=True):
        mixed ^= part.view(np.uint64)
        mixed *= factor
        mixed ^= mixed >> _SHIFT
    keys: list[int] = mixed.tolist()
    return keys


def _ids(trades: Records) -> Any:
    """The ids; trades of options have none and are told apart by price, size and exchange."""
    ids = trades["id"]
    if ids.all():
        return ids
    marks = trades["a"].view(np.int64) ^ (trades["c"].view(np.int64) << 7) ^ (trades["exchange"].astype(np.int64) << 3)
    return np.where(ids == 0, marks, ids)
