"""Times on the wire: RFC 3339 in JSON, MessagePack's Timestamp in MessagePack."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from domain.session import NS_PER_SECOND


def rfc3339(ts_event: int) -> str:
    """UTC with a Z and up to nine decimals, zeros at the end left out."""
    seconds, rest = divmod(ts_event, NS_PER_SECOND)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else text + "Z"


def timestamp(ts_event: int) -> msgspec.msgpack.Ext:
    """MessagePack's Timestamp, extension type -1, in its 64-bit form (good to the year 2514)."""
    seconds, rest = divmod(ts_event, NS_PER_SECOND)
    return msgspec.msgpack.Ext(-1, (rest << 34 | seconds).to_bytes(8, "big"))
