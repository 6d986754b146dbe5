"""The request of a scenario: its fields, checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from simulator.order import Side
from simulator.rejection import Rejection
from simulator.scene_fields import LARGEST_PCT, SCENES

FIELDS = {name: frozenset(each.plain or key for key, each in fields.items()) for name, fields in SCENES.items()}
"""What each scene may be told besides its name."""
LONGEST_TEXT = 1_000


def bad_scenario(message: str) -> Rejection:
    """The request cannot be played; the text says why."""
    return Rejection(400, 40010000, message)


class ScenarioRequest:
    """`name` is one of FIELDS. Everything raises Rejection with status 400 for what is missing or wrong."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.name = fields.get("name")
        if self.name not in FIELDS:
            raise bad_scenario(f"name must be one of {', '.join(FIELDS)}")
        unknown = fields.keys() - FIELDS[self.name] - {"name"}
        if unknown:
            allowed = ", ".join(sorted(FIELDS[self.name]))
            raise bad_scenario(f"{self.name} does not know {', '.join(sorted(unknown))}; it knows {allowed}")
        self._fields = fields

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._fields.get(name, default)
        if value is None:
            raise bad_scenario(f"{self.name} needs {name}, a number")
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not isfinite(value):
            raise bad_scenario(f"{name} must be a number")
        return float(value)

    def above_zero(self, name: str, default: float | None = None) -> float:
        """A finite number above 0."""
        value = self.number(name, default)
        if value <= 0:
            raise bad_scenario(f"{name} must be above 0")
        return value

    def within(self, name: str, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        value = self.number(name)
        if not least <= value <= most:
            raise bad_scenario(f"{name} must be from {least:g} to {most:g}")
        return value

    def factor(self) -> float:
        """What a move by `pct` percent multiplies the price by."""
        pct = self.number("pct")
        if not pct or abs(pct) > LARGEST_PCT:
            raise bad_scenario(f"pct must be between -{LARGEST_PCT:g} and {LARGEST_PCT:g}, and not 0")
        return 1 + pct / 100

    def side(self) -> Side:
        """Who takes: a buyer or a seller."""
        if self._fields.get("side") not in ("buy", "sell"):
            raise bad_scenario("side must be buy or sell")
        return Side.BUY if self._fields["side"] == "buy" else Side.SELL

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._fields.get(name, default)
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
            raise bad_scenario(f"{name} must be a text of 1 to {LONGEST_TEXT} letters")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; nothing is an empty one."""
        values = self._fields.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise bad_scenario(f"{name} must be a list of texts")
        return tuple(values)
