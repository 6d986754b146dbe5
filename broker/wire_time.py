"""The times of the wire: MessagePack timestamps (extension -1) and RFC 3339 texts, to nanoseconds UTC."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np

from broker.rfc3339 import parse_time

NS_MASK: Final = (1 << 34) - 1
QUOTE_MARK: Final = b'"'


def times(raw: list[msgspec.Raw]) -> Any:
    """Nanoseconds UTC of raw times, 0 for what is none. The 64-bit form, which Alpaca sends, is read all at once."""
    joined = b"".join(raw)
    if len(joined) == 10 * len(raw):
        words = np.frombuffer(joined, np.dtype([("head", "S2"), ("value", ">u8")]))
        if np.all(words["head"] == b"\xd7\xff"):
            value = words["value"].astype(np.uint64)
            return ((value & np.uint64(NS_MASK)) * np.uint64(10**9) + (value >> np.uint64(34))).astype(np.int64)
    return np.array([time(item) for item in raw], np.int64)


def time(raw: msgspec.Raw) -> int:
    """Nanoseconds UTC of one raw time of any form; 0 for anything else."""
    found = _time(bytes(raw))
    return found if 0 < found < 2**63 else 0


def _time(raw: bytes) -> int:
    if len(raw) == 6 and raw[:2] == b"\xd6\xff":
        return int.from_bytes(raw[2:], "big") * 10**9
    if len(raw) == 10 and raw[:2] == b"\xd7\xff":
        value = int.from_bytes(raw[2:], "big")
        return (value & NS_MASK) * 10**9 + (value >> 34)
    if len(raw) == 15 and raw[:3] == b"\xc7\x0c\xff":
        return int.from_bytes(raw[7:], "big", signed=True) * 10**9 + int.from_bytes(raw[3:7], "big")
    return _time_of_text(raw) if raw[:1] == QUOTE_MARK else 0


def _time_of_text(raw: bytes) -> int:
    try:
        return parse_time(raw[1:-1].decode())
    except ValueError:
        return 0
