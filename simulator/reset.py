"""A reset: instead of an answer the connection breaks."""

from __future__ import annotations

import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Reset(Response):
    """Not one byte is sent. It reaches through uvicorn's `receive` to the transport, which ASGI itself does not show."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = receive.__self__.transport  # type: ignore[attr-defined] # uvicorn 0.30+: a method of its request cycle
        # Lingering for 0 s makes the close an RST.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
