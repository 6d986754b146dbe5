"""A quantity: a number with its unit, as scenarios write them: `-8 %`, `90 s`, `2 min`, `3 x`, `5000 shares`, `1.5 USD`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

Kind = Literal["percent", "seconds", "times", "shares", "usd"]

UNITS: dict[str, tuple[Kind, float]] = {
    "%": ("percent", 1.0),
    "ms": ("seconds", 0.001),
    "s": ("seconds", 1.0),
    "min": ("seconds", 60.0),
    "h": ("seconds", 3_600.0),
    "x": ("times", 1.0),
    "shares": ("shares", 1.0),
    "USD": ("usd", 1.0),
}
"""What each unit measures, and how many of the first unit of its kind it is."""
FIRST_UNITS: dict[Kind, str] = {"percent": "%", "seconds": "s", "times": "x", "shares": "shares", "usd": "USD"}
_FORM = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z%]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """`number` in percent, seconds, times, shares or USD."""

    number: float
    kind: Kind

    def __neg__(self) -> Quantity:
        return Quantity(-self.number, self.kind)

    def __str__(self) -> str:
        return f"{self.number:g} {FIRST_UNITS[self.kind]}"


def units_of(kind: Kind) -> str:
    """The units that a kind may be given in."""
    return ", ".join(unit for unit, (found, _) in UNITS.items() if found == kind)


def parse_quantity(value: Any, kind: Kind) -> Quantity:
    """A text such as "90 s". Raises ValueError, which says what is expected."""
    match = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = match[2] if match else ""
    if match is None or unit not in UNITS or UNITS[unit][0] != kind:
        raise ValueError(f"{value!r} is no number with a unit of {kind} ({units_of(kind)})")
    return Quantity(float(match[1]) * UNITS[unit][1], kind)


def given_quantity(value: Any, kind: Kind) -> Quantity:
    """The same, but a plain number counts in the first unit of its kind. Raises ValueError."""
    if isinstance(value, str) and _FORM.fullmatch(value.strip()):
        return parse_quantity(value, kind)
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not isfinite(number):
        raise ValueError(f"{value!r} is no number of {FIRST_UNITS[kind]}")
    return Quantity(number, kind)


def kind_of(value: Any) -> Kind | None:
    """What a text measures, if it is a quantity."""
    match = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    return UNITS[match[2]][0] if match and match[2] in UNITS else None
