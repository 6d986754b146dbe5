"""The end of a websocket, and the question whether it is still there: the same for both of Alpaca's streams."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from websockets.exceptions import WebSocketException

CLOSE_LIMIT_S: Final = 1.0


async def hang_up(connection: Any) -> None:
    """Close a connection within a second, whatever state it is in; None is closed already."""
    if connection is not None:
        with contextlib.suppress(TimeoutError, WebSocketException, OSError):
            await asyncio.wait_for(connection.close(), CLOSE_LIMIT_S)


async def answers_ping(connection: Any, limit_s: float) -> bool:
    """Whether the server answers a ping within the limit."""
    try:
        await asyncio.wait_for(await connection.ping(), limit_s)
    except (TimeoutError, WebSocketException, OSError):
        return False
    return True
