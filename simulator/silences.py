"""Silences: symbols that trade on, but of which nothing is sent for a while."""

from __future__ import annotations

from collections.abc import Sequence

from domain.news import NewsItem
from simulator.message import Message


class Silences:
    """By symbol, until an instant of market time."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}

    def begin(self, symbol: str, until: int) -> None:
        """Nothing is sent of a symbol before `until`."""
        self._until[symbol] = until

    def end(self, symbol: str) -> None:
        """It is heard again."""
        self._until.pop(symbol, None)

    def covers(self, symbol: str, now: int) -> bool:
        """Whether nothing may be sent of a symbol now."""
        until = self._until.get(symbol)
        if until is not None and now >= until:
            del self._until[symbol]
            return False
        return until is not None

    def heard(self, messages: Sequence[Message], now: int) -> Sequence[Message]:
        """The messages that may be sent."""
        if not self._until:
            return messages
        return [each for each in messages if isinstance(each, NewsItem) or not self.covers(each.symbol, now)]
