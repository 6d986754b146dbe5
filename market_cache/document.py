"""The document: a small value that is replaced whole, with the number of the publication that brought it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from domain.depth import Depth
from domain.news import NewsItem
from market_cache.seal import seal, unseal

NEWS: Final = "news"

_SEQ: Final = struct.Struct("<q")
_news = msgspec.msgpack.Decoder(list[NewsItem]).decode
_depth = msgspec.msgpack.Decoder(Depth).decode

Document = tuple[int, bytes]
"""The seq of the publication that brought it, and its bytes."""


def key(name: str) -> str:
    """Where a document is."""
    return f"document:{name}"


def depth_name(symbol: str) -> str:
    """The name of the document that holds the depth of a symbol."""
    return f"depth:{symbol}"


def pack(seq: int, data: bytes) -> bytes:
    """The document as it is stored."""
    return seal(_SEQ.pack(seq) + data)


def unpack(stored: bytes | None) -> Document | None:
    """The document that is stored; None if there is none or it is damaged."""
    whole = unseal(stored)
    if whole is None or len(whole) < _SEQ.size:
        return None
    return _SEQ.unpack_from(whole)[0], whole[_SEQ.size :]


def pack_news(items: Iterable[NewsItem]) -> bytes:
    """The bytes of the document NEWS: newest first."""
    return msgspec.msgpack.encode(sorted(items, key=lambda item: (item.created_at, item.id), reverse=True))


def unpack_news(data: bytes) -> list[NewsItem]:
    """The news that the bytes hold; none if they are something else."""
    try:
        return _news(data)
    except msgspec.DecodeError:
        return []


def pack_depth(depth: Depth) -> bytes:
    """The bytes of a depth document."""
    return msgspec.msgpack.encode(depth)


def unpack_depth(data: bytes) -> Depth | None:
    """The depth that the bytes hold; None if they are something else."""
    try:
        return _depth(data)
    except msgspec.DecodeError:
        return None
