"""A reset: instead of an answer, or in the middle of a stream, the connection breaks."""

from __future__ import annotations

import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


def reset(receive: Any) -> None:
    """Breaks the connection that uvicorn's `receive` belongs to: ASGI itself does not show the transport."""
    transport = receive.__self__.transport  # uvicorn 0.30+: a method of its request cycle or its websocket
    # Lingering for 0 s makes the close an RST.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


class Reset(Response):
    """Not one byte is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reset(receive)
