"""The closed bar on its way to a reader: which symbol and interval it belongs to, and its place on the chart."""

from __future__ import annotations

from typing import Final

import numpy as np

from domain.bar import BAR
from domain.interval import INTERVALS

CLOSED_BAR: Final = np.dtype([("symbol", "<u4"), ("interval", "<u4"), ("ordinal", "<i8"), ("bar", BAR)])
"""`symbol` is an index into the epoch's symbol list, `interval` an index into INTERVALS. `ordinal` is the bar's place:
it is never given to another bar of the same epoch."""

INTERVAL_INDEX: Final = {interval: index for index, interval in enumerate(INTERVALS)}
