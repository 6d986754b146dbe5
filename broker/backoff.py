"""The backoff: how long to wait before the next try. 1 s, doubling to 30 s, with full jitter, for ever."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0


def delay_s(failures: int, jitter: random.Random) -> float:
    """Seconds to wait after that many failures in a row (1 or more): up to 1 s after the first, at least 1 s after more."""
    if failures <= 1:
        return jitter.uniform(0.0, FIRST_S)
    return jitter.uniform(FIRST_S, min(FIRST_S * 2 ** min(failures - 1, 10), LONGEST_S))
