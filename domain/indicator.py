"""The indicator: which ones the chart can show, their parameters and the limits of these, and how one is written.

An indicator is written as its kind and its parameters, `sma:20` or `macd:12:26:9`: in the page's ask, in the answer's keys and
in what the browser keeps. Defaults are the customary ones of each indicator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.errors import TickdeskError


class IndicatorError(TickdeskError):
    """Not an indicator of the chart, or a parameter out of its limits. `parameter` names it; empty if there is none to blame."""

    def __init__(self, problem: str, parameter: str = "") -> None:
        super().__init__(problem)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that the user may choose between `low` and `high`, both included; whole ones only unless `part` is set."""

    name: str
    label: str
    default: float
    low: float
    high: float
    part: bool = False

    def read(self, text: str) -> float:
        """The number that a text says, or an IndicatorError that names the parameter and its limits."""
        try:
            value = float(text) if self.part else float(int(text))
            value = value if text.isascii() else float("nan")
        except ValueError:
            value = float("nan")
        if not self.low <= value <= self.high:
            raise IndicatorError(self.problem(), self.name)
        return value

    def problem(self) -> str:
        """What to enter instead."""
        kind = "a number" if self.part else "a whole number"
        return f"{self.label}: enter {kind} from {plain(self.low)} to {plain(self.high)}."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of indicator. `pane`: on the prices, on the volume, in a pane of its own, or a profile beside the prices."""

    word: str
    label: str
    pane: str
    lines: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()


def period(default: int, high: int, name: str = "period", label: str = "Period") -> Parameter:
    """A number of bars."""
    return Parameter(name, label, default, 2, high)


LONGEST: Final = 500
"""An average may look back that far; what never forgets (Wilder's) only 200, because of the bars that it needs before."""

_WILDER: Final = 200
_MACD: Final = (
    period(12, 200, "fast", "Fast"),
    period(26, 200, "slow", "Slow"),
    period(9, 100, "signal", "Signal"),
)

KINDS: Final = {
    kind.word: kind
    for kind in (
        Kind("sma", "SMA", "price", ("sma",), (period(20, LONGEST),)),
        Kind("ema", "EMA", "price", ("ema",), (period(20, LONGEST),)),
        Kind("vwap", "VWAP", "price", ("vwap",)),
        Kind(
            "bollinger",
            "Bollinger",
            "price",
            ("upper", "middle", "lower"),
            (period(20, LONGEST), Parameter("width", "Deviations", 2, 0.1, 5, True)),
        ),
        Kind("volume_average", "Volume average", "volume", ("average",), (period(20, LONGEST),)),
        Kind("volume_profile", "Volume profile", "profile", (), (Parameter("rows", "Rows", 24, 8, 60),)),
        Kind("rsi", "RSI", "own", ("rsi",), (period(14, _WILDER),)),
        Kind("macd", "MACD", "own", ("macd", "signal", "histogram"), _MACD),
        Kind("atr", "ATR", "own", ("atr",), (period(14, _WILDER),)),
    )
}
"""Every indicator by its word, in the order of the menu."""

MOST: Final = 8
"""Indicators at a time."""

MOST_PANES: Final = 2
"""Of these in panes of their own."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator with its parameters, in the order of its kind's."""

    kind: Kind
    values: tuple[float, ...]

    @property
    def key(self) -> str:
        """How it is written."""
        return ":".join([self.kind.word, *map(plain, self.values)])

    @property
    def warm_up(self) -> int:
        """Bars before the first one shown that its value needs, to nine digits where it never quite forgets.

        An exponential average of n keeps (n - 1) / (n + 1) of what it was with each bar, Wilder's (n - 1) / n:
        after 11 n and 21 n bars less than 1e-9 of the beginning is left.
        """
        if not self.values:
            return 0
        longest = int(max(self.values))
        if self.kind.word == "macd":
            return 11 * (longest + int(self.values[2]))
        return {"ema": 11, "rsi": 21, "atr": 21}.get(self.kind.word, 1) * longest + 1


def parse_indicator(text: str) -> Indicator:
    """The indicator that a text writes; missing parameters have their default. IndicatorError where it is none."""
    word, *given = text.split(":")
    kind = KINDS.get(word)
    if kind is None:
        raise IndicatorError(f"There is no indicator {word[:16]!r}. Choose one of {', '.join(KINDS)}.")
    if len(given) > len(kind.parameters):
        raise IndicatorError(f"{kind.label} has {len(kind.parameters)} parameters, not {len(given)}.")
    defaults = [plain(parameter.default) for parameter in kind.parameters[len(given) :]]
    texts = zip(kind.parameters, [*given, *defaults], strict=True)
    return _checked(Indicator(kind, tuple(parameter.read(value) for parameter, value in texts)))


def _checked(indicator: Indicator) -> Indicator:
    if indicator.kind.word == "macd" and indicator.values[0] >= indicator.values[1]:
        raise IndicatorError("Fast: enter a smaller number than Slow.", "fast")
    return indicator


def plain(value: float) -> str:
    """A number as it is written: whole ones without a point."""
    return str(int(value)) if value == int(value) else str(value)
