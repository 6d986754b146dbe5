"""The log of messages: with LOG_LEVEL=DEBUG every message of a websocket is a line, either way. Otherwise it costs nothing."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

import msgspec
import structlog

LARGEST_FRAME: Final = 65_536
"""Of a larger frame only the size is logged: history in one frame would fill a file."""

log = structlog.get_logger()


def logged(connection: Any, stream: str) -> Any:
    """The connection; where messages are to be logged, one that logs what goes through it. Secrets are hidden by the log."""
    return (
        LoggedConnection(connection, stream) if logging.getLogger(__name__).isEnabledFor(logging.DEBUG) else connection
    )


class LoggedConnection:
    """A websocket connection that logs what is sent and received, and is otherwise that connection."""

    def __init__(self, connection: Any, stream: str) -> None:
        self._connection, self._stream = connection, stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def recv(self) -> str | bytes:
        """The next frame."""
        frame: str | bytes = await self._connection.recv()
        self._log("received", frame)
        return frame

    def take_all(self) -> list[str | bytes]:
        """Every frame that is here by now."""
        frames: list[str | bytes] = self._connection.take_all()
        for frame in frames:
            self._log("received", frame)
        return frames

    async def send(self, frame: str | bytes) -> None:
        """Send a frame."""
        self._log("sent", frame)
        await self._connection.send(frame)

    def _log(self, way: str, frame: str | bytes) -> None:
        log.debug("websocket message", stream=self._stream, way=way, bytes=len(frame), message=readable(frame))


def readable(frame: str | bytes) -> Any:
    """What a frame says, as plain values; an empty text where it is too large or cannot be read."""
    if len(frame) > LARGEST_FRAME:
        return ""
    decoders: tuple[Any, ...] = (json.loads, msgspec.msgpack.decode)
    for decode in decoders:
        try:
            return decode(frame)
        except (ValueError, TypeError, RecursionError, msgspec.DecodeError):
            continue
    return ""
