"""The head: the number of the newest publication, some bytes that every reader looks at first."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from market_cache.layout import LAYOUT
from market_cache.seal import seal, unseal

_FIELDS: Final = struct.Struct("<4sIqqqqq")
MAGIC: Final = b"TDHD"
KEY: Final = "head"


@dataclass(frozen=True, slots=True)
class Head:
    """`epoch` names the content, `seq` the newest segment, `heartbeat` the newest snapshot; times in nanoseconds UTC.

    `documents` is the seq of the newest publication that brought a document.
    """

    epoch: int
    seq: int
    heartbeat: int
    ts_published: int
    documents: int = 0

    def pack(self) -> bytes:
        """The head as bytes."""
        numbers = self.epoch, self.seq, self.heartbeat, self.ts_published, self.documents
        return seal(_FIELDS.pack(MAGIC, LAYOUT, *numbers))

    @classmethod
    def unpack(cls, stored: bytes | None) -> Head | None:
        """The head that the bytes hold; None if they are damaged or of another layout."""
        data = unseal(stored)
        if data is None or len(data) != _FIELDS.size:
            return None
        magic, layout, *numbers = _FIELDS.unpack(data)
        return cls(*numbers) if (magic, layout) == (MAGIC, LAYOUT) else None


def is_of_another_layout(stored: bytes | None) -> bool:
    """Whether these bytes are a head that an older or newer program wrote."""
    at = stored.find(MAGIC) if stored is not None else -1
    return stored is not None and at in (0, 4) and Head.unpack(stored) is None and not _is_damaged(stored, at)


def _is_damaged(stored: bytes, at: int) -> bool:
    return at > 0 and unseal(stored) is None
