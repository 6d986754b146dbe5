"""Faults: what a test or an instructor asks the practice market to do wrong, a number of times or for a while.

From a test: `market.faults.arm("drop_trade_update", count=2)`, or for a while and by chance, the same for the same seed:

    with market.faults.during("data_lose", seed=7, chance=0.3): ...
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any

from simulator.fault_catalogue import AT_ONCE, LASTING, NAMES, STANDING


@dataclass(slots=True)
class Fault:
    """`count` uses are left, None = any number; it is over at `ends_at`. `seconds` is how long it lasts, hangs or delays.

    `feed` None is every feed. Of its occasions it strikes a part, `chance`, which `random` chooses.
    """

    count: int | None
    seconds: float = 0.0
    feed: str | None = None
    limit: int = 0
    missing: tuple[str, ...] = ()
    ends_at: float = inf
    chance: float = 1.0
    seed: int = 0
    struck: int = 0
    code: int = 0
    random: Random = field(default_factory=Random, repr=False)

    def strikes(self) -> bool:
        """Whether this occasion is one of those that it strikes."""
        return self.chance >= 1 or self.random.random() < self.chance


class Faults:
    """Armed by name; every use is one less. Nothing is armed at the start. Time is elapsed real time, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.armed: dict[str, Fault] = {}
        self._clock = clock
        self._at_once: dict[str, Callable[[Fault], None]] = {}

    def when_armed(self, name: str, strike: Callable[[Fault], None]) -> None:
        """Who does what a fault of AT_ONCE is about."""
        self._at_once[name] = strike

    def arm(
        self,
        name: str,
        *,
        count: int | None = None,
        seconds: float = 0.0,
        duration_s: float | None = None,
        seed: int = 0,
        chance: float = 1.0,
        **more: Any,
    ) -> None:
        """From now on, once if nothing else is said; `count` 0 disarms. With `duration_s` any number of times until then.

        `more` are feed, limit, missing and code. Raises ValueError for a name that is not in NAMES or a number that cannot be.
        """
        _check(name, count, seconds, duration_s, chance)
        self.armed.pop(name, None)
        if count == 0:
            return
        lasts = seconds if name in LASTING and duration_s is None else duration_s
        ends_at = inf if lasts is None else self._clock() + lasts
        if name in LASTING | STANDING:
            count = None
        elif lasts is None:
            count = count or 1
        random = Random(f"{name}:{seed}")
        fault = Fault(count, seconds, **more, ends_at=ends_at, chance=chance, seed=seed, random=random)
        if name in AT_ONCE and duration_s is None and name in self._at_once:
            self._at_once[name](fault)
        else:
            self.armed[name] = fault

    @contextmanager
    def during(self, name: str, **more: Any) -> Iterator[Fault]:
        """Armed inside the `with`, any number of times if nothing else is said; gives the fault, which counts what it struck."""
        self.arm(name, **{"duration_s": None if "count" in more else inf, **more})
        try:
            yield self.armed[name]
        finally:
            self.armed.pop(name, None)

    def disarm_all(self) -> None:
        """Nothing goes wrong any more."""
        self.armed.clear()

    def use(self, name: str, feed: str | None = None) -> Fault | None:
        """The fault if it is armed (for this feed) and strikes now, which uses it once."""
        fault = self.armed.get(name)
        if fault is None or fault.feed not in (None, feed):
            return None
        if self._clock() >= fault.ends_at:
            del self.armed[name]
            return None
        if not fault.strikes():
            return None
        fault.struck += 1
        if fault.count is not None:
            fault.count -= 1
            if not fault.count:
                del self.armed[name]
        return fault

    def active(self) -> dict[str, tuple[Fault, float]]:
        """What is armed and not over, each with the seconds that are left of it (inf if nothing ends it)."""
        now = self._clock()
        self.armed = {name: fault for name, fault in self.armed.items() if fault.ends_at > now}
        return {name: (fault, fault.ends_at - now) for name, fault in self.armed.items()}


def _check(name: str, count: int | None, seconds: float, duration_s: float | None, chance: float) -> None:
    if name not in NAMES:
        raise ValueError(f"name must be one of {', '.join(NAMES)}")
    if (count or 0) < 0 or not 0 <= seconds < inf:
        raise ValueError("count and seconds must not be below 0")
    if duration_s is not None and not duration_s > 0:
        raise ValueError("duration_s must be above 0")
    if not 0 < chance <= 1:
        raise ValueError("chance must be above 0 and at most 1")
