"""Times as Alpaca's REST writes them: RFC 3339 in UTC with up to nine decimals, or with an offset."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.session import to_ns

_PARTS: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def parse_times(texts: list[str]) -> NDArray[np.int64]:
    """Nanoseconds UTC of many times that end in Z, all at once."""
    if not all(text.endswith("Z") for text in texts):
        return np.array([parse_time(text) for text in texts], np.int64)
    return np.array([text[:-1] for text in texts], "datetime64[ns]").astype(np.int64)


def parse_time(text: str) -> int:
    """Nanoseconds UTC of one time. ValueError if it is none."""
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time")
    second, decimals, offset = match.groups()
    whole = datetime.fromisoformat(second + ("+00:00" if offset == "Z" else offset))
    return to_ns(whole) + int((decimals or "0").ljust(9, "0"))


def rfc3339(ts_event: int) -> str:
    """A time as Alpaca writes it: trailing zeros of the second are cut off."""
    second, fraction = divmod(ts_event, 10**9)
    decimals: Any = f"{fraction:09d}".rstrip("0")
    return str(np.datetime64(second, "s")) + (f".{decimals}" if decimals else "") + "Z"
