"""Trades or quotes of one symbol as rows of a page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Generic, Self, TypeVar

from simulator.quote import Quote
from simulator.trade import Trade

EventT = TypeVar("EventT", bound=Trade | Quote)


def _moment(event: Trade | Quote) -> int:
    return event.ts_event


class EventRows(Generic[EventT]):
    """A stretch of events in the order of time; within an instant their place counts."""

    def __init__(self, events: Sequence[EventT], first: int = 0, end: int | None = None) -> None:
        self._all, self._first, self._end = events, first, len(events) if end is None else end

    @property
    def events(self) -> Sequence[EventT]:
        """What is in the stretch."""
        return self._all[self._first : self._end]

    def __len__(self) -> int:
        return self._end - self._first

    def __getitem__(self, rows: slice) -> Self:
        start, stop, _ = rows.indices(len(self))
        return type(self)(self._all, self._first + start, self._first + max(start, stop))

    def between(self, start: int, end: int) -> Self:
        """The events from `start` to `end`, both included."""
        first = bisect_left(self._all, start, key=_moment)
        return type(self)(self._all, first, max(first, bisect_right(self._all, end, key=_moment)))

    def key(self, index: int) -> tuple[int, int]:
        """What places a row among the others: its time, and how many came before it in that instant."""
        place = self._first + index
        moment = self._all[place].ts_event
        return moment, place - bisect_left(self._all, moment, key=_moment)

    def count_until(self, key: tuple[int, int], *, included: bool) -> int:
        """How many rows come before a key."""
        place = bisect_left(self._all, key[0], key=_moment) + key[1] + included
        end = bisect_right(self._all, key[0], key=_moment)
        return min(max(min(place, end), self._first), self._end) - self._first
