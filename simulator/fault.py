"""Faults: what a test asks the practice market to do wrong, a number of times, and then no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMES = (
    "504_before_accept",
    "504_after_accept",
    "hang",
    "reset_after_accept",
    "drop_trade_update",
    "repeat_trade_update",
    "fill_after_cancel",
    "partial_then_rest",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` uses are left; `seconds` is how long `hang` hangs."""

    count: int
    seconds: float = 0.0


class Faults:
    """Armed by name; every use is one less. Nothing is armed at the start."""

    def __init__(self) -> None:
        self.armed: dict[str, Fault] = {}

    def arm(self, name: str, *, count: int = 1, seconds: float = 0.0) -> None:
        """From now on; `count` 0 disarms. Raises ValueError for a name that is not in NAMES or a number below 0."""
        if name not in NAMES:
            raise ValueError(f"name must be one of {', '.join(NAMES)}")
        if count < 0 or seconds < 0:
            raise ValueError("count and seconds must not be below 0")
        self.armed.pop(name, None)
        if count:
            self.armed[name] = Fault(count, seconds)

    def use(self, name: str) -> Fault | None:
        """The fault if it is armed, which uses it once."""
        fault = self.armed.get(name)
        if fault is not None:
            self.arm(name, count=fault.count - 1, seconds=fault.seconds)
        return fault

    def arm_from(self, fields: Mapping[str, Any]) -> None:
        """As a request names it: {"name", "count", "seconds"}; raises ValueError."""
        unknown = fields.keys() - {"name", "count", "n", "seconds"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        count = int(fields.get("count", fields.get("n", 1)))
        self.arm(str(fields.get("name")), count=count, seconds=float(fields.get("seconds", 0.0)))
