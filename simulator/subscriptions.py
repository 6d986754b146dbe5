"""The subscriptions of one connection: symbols by channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

ASKABLE = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "imbalances")
FOREIGN = ("news", "orderbooks", "pricing")
EVERYTHING = "*"
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,11}(\.[A-Z]{1,4})?")
_NONE: frozenset[str] = frozenset()


class BadSubscription(ValueError):
    """A request whose shape or symbols are wrong; `code` is Alpaca's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _symbols(value: Any) -> frozenset[str]:
    """Absent, null and [] all mean nothing."""
    if value is None:
        return _NONE
    if not isinstance(value, list) or not all(isinstance(symbol, str) for symbol in value):
        raise BadSubscription(400)
    if not all(symbol == EVERYTHING or _SYMBOL.fullmatch(symbol) for symbol in value):
        raise BadSubscription(400)
    return frozenset(value)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """A value: `plus` and `minus` give new ones. Equal ones receive equal frames."""

    channels: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    wanted: frozenset[tuple[str, str]] = _NONE  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.wanted)

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether a message of a channel about a symbol is to be sent."""
        return (channel, symbol) in self.wanted or (channel, EVERYTHING) in self.wanted

    def plus(self, request: Mapping[str, Any]) -> Self:
        """With what a request names added; raises BadSubscription."""
        return self._with({name: self._of(name) | asked for name, asked in _asked(request).items()})

    def minus(self, request: Mapping[str, Any]) -> Self:
        """With what a request names taken away; raises BadSubscription."""
        return self._with({name: self._of(name) - asked for name, asked in _asked(request).items()})

    def market_data_count(self) -> int:
        """Symbols summed over trades and quotes: what the free plan limits ("About Market Data API")."""
        return len(self._of("trades")) + len(self._of("quotes"))

    def acknowledgement(self) -> dict[str, Any]:
        """The full current set; corrections and cancelErrors follow trades."""
        shown = {name: sorted(self._of(name)) for name in ASKABLE if name != "imbalances" or self._of(name)}
        trades = sorted(self._of("trades"))
        return {"T": "subscription", **shown, "corrections": trades, "cancelErrors": trades}

    def _of(self, channel: str) -> frozenset[str]:
        return self.channels.get(channel, _NONE)

    def _with(self, channels: Mapping[str, frozenset[str]]) -> Self:
        merged = {**self.channels, **channels}
        wanted = frozenset((name, symbol) for name, symbols in merged.items() for symbol in symbols)
        return type(self)(merged, wanted)


def _asked(request: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    if any(request.get(name) for name in FOREIGN):
        raise BadSubscription(410)
    return {name: _symbols(request.get(name)) for name in ASKABLE}
