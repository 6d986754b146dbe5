"""The latest of a symbol: its last trade, its last quote, and when the worker got them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LATEST = np.dtype(
    [
        ("trade_ts_event", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("quote_ts_event", "<i8"),
        ("bid_price", "<f8"),
        ("ask_price", "<f8"),
        ("bid_size", "<f8"),
        ("ask_size", "<f8"),
        ("ts_recv", "<i8"),
        ("previous_close", "<f8"),
    ]
)
"""`ts_recv`: the worker's clock in nanoseconds when the symbol's last event came, 0 = never. A price of 0 = none yet.
`previous_close`: the close of the last finished trading day, 0 = unknown."""

Latest = NDArray[np.void]
