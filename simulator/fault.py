"""Faults: what a test asks the practice market to do wrong, a number of times or for a while, and then no more."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ORDER_FAULTS = (
    "504_before_accept",
    "504_after_accept",
    "rate_limited",
    "hang_before_accept",
    "hang",
    "reset_before_accept",
    "reset_after_accept",
    "html_after_accept",
    "empty_after_accept",
    "truncated_after_accept",
    "duplicate_after_accept",
    "rest_504",
    "rest_rate_limited",
    "rest_html",
    "rest_hang",
    "rest_reset",
    "drop_trade_update",
    "repeat_trade_update",
    "delay_trade_update",
    "rare_trade_updates",
    "reset_trade_stream",
    "fill_after_cancel",
    "partial_then_rest",
    "replace_rejected",
)
DATA_FAULTS = (
    "data_mute",
    "data_drop",
    "data_duplicate",
    "data_reorder",
    "data_garbage",
    "data_slot_taken",
    "data_slot_held",
    "data_symbol_limit",
    "data_partial_ack",
    "data_auth_failed",
    "data_error",
    "data_upgrade_refused",
)
NAMES = ORDER_FAULTS + DATA_FAULTS
CODES = {
    "data_error": (*range(400, 414), 500),
    "data_upgrade_refused": (401, 403, 404, 429, 500, 502, 503, 504),
}
"""The faults that answer with a `code`: of the stream's errors at the login, and of HTTP at the door."""
FEEDS = ("stocks", "crypto", "options", "news", "test")
LASTING = frozenset({"data_mute"})
"""Faults that last `seconds`, however often they are used."""
STANDING = frozenset({"data_symbol_limit"})
"""Faults that stand until they are disarmed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` uses are left; `seconds` is how long it lasts or hangs. `feed` None is every feed."""

    count: int
    seconds: float = 0.0
    feed: str | None = None
    limit: int = 0
    missing: tuple[str, ...] = ()
    ends_at: float = 0.0
    code: int = 0


class Faults:
    """Armed by name; every use is one less. Nothing is armed at the start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.armed: dict[str, Fault] = {}
        self._clock = clock

    def arm(self, name: str, *, count: int = 1, seconds: float = 0.0, **more: Any) -> None:
        """From now on; `count` 0 disarms. Raises ValueError for a name that is not in NAMES or a number below 0."""
        if name not in NAMES:
            raise ValueError(f"name must be one of {', '.join(NAMES)}")
        if count < 0 or seconds < 0:
            raise ValueError("count and seconds must not be below 0")
        self.armed.pop(name, None)
        if count:
            self.armed[name] = Fault(count, seconds, **more, ends_at=self._clock() + seconds)

    def use(self, name: str, feed: str | None = None) -> Fault | None:
        """The fault if it is armed (for this feed), which uses it once."""
        fault = self.armed.get(name)
        if fault is None or fault.feed not in (None, feed):
            return None
        if name in LASTING and self._clock() >= fault.ends_at:
            del self.armed[name]
            return None
        if name not in LASTING | STANDING:
            self.armed[name] = replace(fault, count=fault.count - 1)
            if fault.count == 1:
                del self.armed[name]
        return fault

    def arm_from(self, fields: Mapping[str, Any]) -> None:
        """As a request names it: {"name", "count", "seconds"} and for data faults {"feed", "limit", "missing", "code"}.

        Raises ValueError.
        """
        unknown = fields.keys() - {"name", "count", "n", "seconds", "feed", "limit", "missing", "code"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        name, count = str(fields.get("name")), int(fields.get("count", fields.get("n", 1)))
        more = _more(name, fields) if count else {}
        self.arm(name, count=count, seconds=float(fields.get("seconds", 0.0)), **more)


def _more(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What only data faults have; raises ValueError."""
    feed, limit, missing = fields.get("feed"), fields.get("limit"), fields.get("missing", [])
    if name not in DATA_FAULTS and not (feed is None and limit is None and not missing):
        raise ValueError(f"feed, limit and missing are for {', '.join(DATA_FAULTS)}")
    if feed is not None and feed not in FEEDS:
        raise ValueError(f"feed must be one of {', '.join(FEEDS)}")
    if not isinstance(missing, list) or not all(isinstance(symbol, str) for symbol in missing):
        raise ValueError("missing must be a list of symbols")
    if name == "data_symbol_limit" and (limit is None or int(limit) < 0):
        raise ValueError("data_symbol_limit needs a limit, 0 or more")
    if name == "data_partial_ack" and not missing:
        raise ValueError("data_partial_ack needs missing, a list of symbols")
    if name in ("data_mute", "data_slot_held") and not float(fields.get("seconds", 0)) > 0:
        raise ValueError(f"{name} needs seconds above 0")
    return {"feed": feed, "limit": int(limit or 0), "missing": tuple(missing), "code": _code(name, fields)}


def _code(name: str, fields: Mapping[str, Any]) -> int:
    """What a refusal says; raises ValueError."""
    codes, code = CODES.get(name), int(fields.get("code", 0))
    if codes is None and code:
        raise ValueError(f"code is for {', '.join(CODES)}")
    if codes is not None and code not in codes:
        raise ValueError(f"{name} needs a code: one of {', '.join(map(str, codes))}")
    return code
