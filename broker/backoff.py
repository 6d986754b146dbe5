"""The backoff: how long to wait before the next try. 1 s, doubling to 30 s, with full jitter, for ever."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 30.0


def delay_s(failures: int, jitter: random.Random) -> float:
    """Seconds to wait after that many failures in a row (1 or more)."""
    ceiling = min(FIRST_S * 2 ** min(failures - 1, 10), LONGEST_S)
    return jitter.uniform(0.0, ceiling)
