"""The head: the number of the newest publication, 40 bytes that every reader looks at first."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

LAYOUT: Final = struct.Struct("<4sIqqqq")
MAGIC: Final = b"TDHD"
VERSION: Final = 1
KEY: Final = "head"


@dataclass(frozen=True, slots=True)
class Head:
    """`epoch` names the content, `seq` the newest segment, `heartbeat` the newest snapshot; times in nanoseconds UTC."""

    epoch: int
    seq: int
    heartbeat: int
    ts_published: int

    def pack(self) -> bytes:
        """The head as bytes."""
        return LAYOUT.pack(MAGIC, VERSION, self.epoch, self.seq, self.heartbeat, self.ts_published)

    @classmethod
    def unpack(cls, data: bytes | None) -> Head | None:
        """The head that the bytes hold, or None."""
        if data is None or len(data) != LAYOUT.size:
            return None
        magic, version, *rest = LAYOUT.unpack(data)
        return cls(*rest) if (magic, version) == (MAGIC, VERSION) else None
