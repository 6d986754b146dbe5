"""The scenes that a scenario is made of, and the fields of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.quantity import Kind

Form = Kind | Literal["symbol", "text", "texts", "side"]


@dataclass(frozen=True, slots=True)
class SceneField:
    """What a field holds and whether it must be given. `plain` is its name in a request, where numbers have no units."""

    form: Form
    plain: str
    is_needed: bool = True
    least: float | None = None
    most: float | None = None


def _field(
    form: Form, plain: str = "", *, needed: bool = True, least: float | None = None, most: float | None = None
) -> SceneField:
    return SceneField(form, plain, needed, least, most)


LARGEST_PCT = 90.0
LONGEST_S = 8 * 3_600.0
LATEST_S = 3_600.0
MOST_TIMES = 100.0
MOST_SHARES = 10_000_000.0
_SYMBOL, _PCT = _field("symbol"), _field("percent", least=-LARGEST_PCT, most=LARGEST_PCT)
_FOR = _field("seconds", "seconds", least=0.001, most=LONGEST_S)
_TIMES = _field("times", least=0.01, most=MOST_TIMES)
_WHILE = {"symbol": _SYMBOL, "times": _TIMES, "for": _FOR}

SCENES: dict[str, dict[str, SceneField]] = {
    "halt": {"symbol": _SYMBOL, "code": _field("text", needed=False), "reason": _field("text", needed=False)},
    "resume": {"symbol": _SYMBOL},
    "luld": {
        "symbol": _SYMBOL,
        "up": _field("usd", least=0),
        "down": _field("usd", least=0),
        "indicator": _field("text", needed=False),
    },
    "news": {"headline": _field("text"), "symbols": _field("texts", needed=False)},
    "correction": {
        "symbol": _SYMBOL,
        "price": _field("usd", needed=False, least=0),
        "size": _field("shares", needed=False, least=0),
    },
    "cancel_trade": {"symbol": _SYMBOL, "action": _field("text", needed=False)},
    "late_trade": {
        "symbol": _SYMBOL,
        "ago": _field("seconds", "seconds", least=0, most=LATEST_S),
        "price": _field("usd", needed=False, least=0),
        "size": _field("shares", needed=False, least=0),
    },
    "outlier": {"symbol": _SYMBOL, "pct": _PCT},
    "jump": {"symbol": _SYMBOL, "pct": _PCT},
    "silence": {"symbol": _SYMBOL, "for": _FOR},
    "drift": {"symbol": _SYMBOL, "pct": _PCT, "for": _FOR},
    "spread": _WHILE,
    "liquidity": _WHILE,
    "activity": _WHILE,
    "volatility": _WHILE,
    "order": {
        "symbol": _SYMBOL,
        "side": _field("side"),
        "shares": _field("shares", least=1, most=MOST_SHARES),
        "reach": _field("percent", needed=False, least=0, most=LARGEST_PCT),
    },
}
"""What each scene may be told; `symbol` is one that is listed, or `all` for the scenes of FOR_ALL."""
FAULT_SCENE = {
    "fault": _field("text"),
    "for": _field("seconds", "duration_s", needed=False, least=0.001, most=LONGEST_S),
    "seconds": _field("seconds", needed=False, least=0),
    "feed": _field("text", needed=False),
}
"""A timeline may also let a fault happen."""
FOR_ALL = frozenset({"jump", "drift", "spread", "liquidity", "activity", "volatility"})
GENERATED_ONLY = FOR_ALL | {"order"}
"""Scenes for the generated market: the prices of a tape are never altered."""
