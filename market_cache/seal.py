"""The seal: a checksum before each value, so that damaged bytes read as none and never as numbers."""

from __future__ import annotations

import zlib
from typing import Final

SIZE: Final = 4


def seal(data: bytes) -> bytes:
    """The value as it is stored: its crc32 (little endian) and then itself."""
    return zlib.crc32(data).to_bytes(SIZE, "little") + data


def unseal(stored: bytes | None) -> bytes | None:
    """The value that was sealed; None if there is none, or any byte of it is another."""
    if stored is None or len(stored) < SIZE:
        return None
    data = stored[SIZE:]
    return data if zlib.crc32(data) == int.from_bytes(stored[:SIZE], "little") else None
