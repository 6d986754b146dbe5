"""The request of a scenario: its fields, checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from simulator.rejection import Rejection

FIELDS: dict[str, frozenset[str]] = {
    "halt": frozenset({"symbol", "code", "reason"}),
    "resume": frozenset({"symbol"}),
    "luld": frozenset({"symbol", "up", "down", "indicator"}),
    "news": frozenset({"headline", "symbols"}),
    "correction": frozenset({"symbol", "price", "size"}),
    "cancel_trade": frozenset({"symbol", "action"}),
    "late_trade": frozenset({"symbol", "seconds", "price", "size"}),
    "outlier": frozenset({"symbol", "pct"}),
    "jump": frozenset({"symbol", "pct"}),
    "silence": frozenset({"symbol", "seconds"}),
}
"""What each scenario may be told besides its name."""
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
