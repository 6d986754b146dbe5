"""Rows of records, moved as plain bytes.

Numpy copies a record field by field when rows of a structured array are picked, set or joined; as bytes of the same length
the same rows move 5 to 25 times faster (15,000 bars: 0.05 ms instead of 1.3 ms).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]


@cache
def _bytes(length: int) -> np.dtype[np.void]:
    return np.dtype((np.void, length))


def _plain(records: Records) -> NDArray[Any]:
    return records.view(_bytes(records.dtype.itemsize))


def pick(records: Records, rows: Any) -> Records:
    """A copy of some rows, by index or mask."""
    picked: Records = _plain(records)[rows].view(records.dtype)
    return picked


def copy(records: Records) -> Records:
    """A copy of all rows."""
    copied: Records = _plain(records).copy().view(records.dtype)
    return copied


def put(records: Records, rows: Any, values: Records) -> None:
    """Set some rows, by index, mask or slice, to as many others of the same kind."""
    _plain(records)[rows] = _plain(values)


def stack(parts: Sequence[Records]) -> Records:
    """Several arrays of the same kind (at least one) one behind the other."""
    stacked: Records = np.concatenate([_plain(part) for part in parts]).view(parts[0].dtype)
    return stacked
