"""The subscriptions of one connection: symbols by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from simulator.channels import EVERYTHING, KNOWN, STOCKS, Channels

_NONE: frozenset[str] = frozenset()


class BadSubscription(ValueError):
    """A request whose shape or symbols are wrong; `code` is Alpaca's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """A value: `plus` and `minus` give new ones. Equal ones receive equal frames."""

    feed: Channels = field(default=STOCKS, compare=False)
    channels: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    wanted: frozenset[tuple[str, str]] = _NONE  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether a message of a channel about a symbol is to be sent."""
        return (channel, symbol) in self.wanted or (channel, EVERYTHING) in self.wanted

    def wants_any(self, channel: str, symbols: Iterable[str]) -> bool:
        """Whether a message of a channel about several symbols, or about none, is to be sent."""
        return (channel, EVERYTHING) in self.wanted or any((channel, symbol) in self.wanted for symbol in symbols)

    def plus(self, request: Mapping[str, Any]) -> Self:
        """With what a request names added; raises BadSubscription."""
        asked = self._asked(request)
        if any(EVERYTHING in asked.get(name, _NONE) for name in self.feed.starless):
            raise BadSubscription(413)
        return self._with({name: self.of(name) | symbols for name, symbols in asked.items()})

    def minus(self, request: Mapping[str, Any]) -> Self:
        """With what a request names taken away; raises BadSubscription."""
        return self._with({name: self.of(name) - symbols for name, symbols in self._asked(request).items()})

    def without(self, symbols: Iterable[str]) -> Self:
        """With symbols taken out of every channel."""
        left = {name: found.difference(symbols) for name, found in self.channels.items()}
        return self._with(left)

    def market_data_count(self) -> int:
        """Symbols summed over trades and quotes: what the free plan limits ("About Market Data API")."""
        return len(self.of("trades")) + len(self.of("quotes"))

    def acknowledgement(self) -> dict[str, Any]:
        """The full current set; corrections and cancelErrors follow trades."""
        spoken = (name for name in self.feed.askable if name not in self.feed.unspoken or self.of(name))
        shown = {name: sorted(self.of(name)) for name in spoken}
        return {"T": "subscription", **shown, **{name: sorted(self.of("trades")) for name in self.feed.followers}}

    def of(self, channel: str) -> frozenset[str]:
        """The symbols of a channel."""
        return self.channels.get(channel, _NONE)

    def _with(self, channels: Mapping[str, frozenset[str]]) -> Self:
        merged = {**self.channels, **channels}
        wanted = frozenset((name, symbol) for name, symbols in merged.items() for symbol in symbols)
        return type(self)(self.feed, merged, wanted)

    def _asked(self, request: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        if any(request.get(name) for name in KNOWN.difference(self.feed.askable)):
            raise BadSubscription(410)
        return {name: self._symbols(request.get(name)) for name in self.feed.askable}

    def _symbols(self, value: Any) -> frozenset[str]:
        """Absent, null and [] all mean nothing."""
        if value is None:
            return _NONE
        if not isinstance(value, list) or not all(self.feed.is_symbol(symbol) for symbol in value):
            raise BadSubscription(400)
        return frozenset(value)
