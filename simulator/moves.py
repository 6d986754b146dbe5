"""Moves: by how much more a share is worth than its path says, because of scenarios. A function of market time alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Worth = Callable[[int], float]


class Move(Protocol):
    """One of them."""

    def factor(self, ts_event: int, worth: Worth) -> float:
        """By what the worth is multiplied at an instant; `worth` is what the path says."""
        ...


@dataclass(frozen=True, slots=True)
class Drift:
    """The worth goes to `times` what it was, evenly from `start` to `end`, and stays there."""

    start: int
    end: int
    times: float

    def factor(self, ts_event: int, worth: Worth) -> float:
        """A little more each moment."""
        part = (ts_event - self.start) / max(1, self.end - self.start)
        return float(self.times ** min(1.0, max(0.0, part)))


@dataclass(frozen=True, slots=True)
class Stir:
    """From `start` to `end` the path's own moves are `times` as large; where it has got to it stays."""

    start: int
    end: int
    times: float

    def factor(self, ts_event: int, worth: Worth) -> float:
        """What the path has moved, again and again."""
        moment = min(self.end, max(self.start, ts_event))
        return float((worth(moment) / worth(self.start)) ** (self.times - 1))


class Moves:
    """They add up. False while there is none."""

    def __init__(self) -> None:
        self._settled = 1.0
        self._moves: list[Move] = []

    def __bool__(self) -> bool:
        return bool(self._moves) or self._settled != 1.0

    def add(self, move: Move) -> None:
        """One more."""
        self._moves.append(move)

    def factor(self, ts_event: int, worth: Worth) -> float:
        """All of them at an instant."""
        factor = self._settled
        for move in self._moves:
            factor *= move.factor(ts_event, worth)
        return factor

    def settle(self, ts_event: int, worth: Worth) -> None:
        """Ends those that go on: the worth stays where they have brought it."""
        self._settled = self.factor(ts_event, worth)
        self._moves.clear()

    def clear(self) -> None:
        """As if there had never been any."""
        self._settled = 1.0
        self._moves.clear()
