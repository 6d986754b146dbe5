"""How a tape is played beside orders: event by event while any is open, so that it never matters how often it is asked to go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.bar import NS_PER_MINUTE, minute_of
from simulator.logged_floor import LoggedFloor
from simulator.market import Market
from simulator.message import Message
from simulator.tape_market import TapeMarket


class TapePlay:
    """Shares and coins of one tape go together, in the order of its events."""

    def __init__(self, markets: Sequence[Market], floor: LoggedFloor) -> None:
        self._markets, self._floor = markets, floor

    def play(self, until: int) -> Iterator[tuple[Market, list[Message]]]:
        """Everything up to `until`, each stretch with its market; orders have met it when it is given."""
        while self._floor.position < until:
            after_event = self._next_event() + 1 if self._floor.has_work else None
            boundary = min(until, after_event or self._end_of_minute())
            for market in self._markets:
                for messages in market.play(boundary):
                    self._floor.take(messages)
                    yield market, messages
            if boundary == after_event:
                self._floor.turn_at_event()

    def _next_event(self) -> int:
        sources = (market.source for market in self._markets)
        return min(source.next_event for source in sources if isinstance(source, TapeMarket))

    def _end_of_minute(self) -> int:
        return minute_of(self._floor.position) + NS_PER_MINUTE
