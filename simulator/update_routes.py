"""The websocket routes of the trading stream."""

from __future__ import annotations

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from simulator.accounts import Accounts
from simulator.config import StreamLimits
from simulator.update_connection import UpdateConnection
from simulator.update_hub import UpdateHub
from simulator.update_session import UpdateSession


def update_routes(accounts: Accounts, updates: UpdateHub, limits: StreamLimits) -> list[WebSocketRoute]:
    """/stream, also with the slash at the end that old clients send."""

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        connection = UpdateConnection(
            websocket, UpdateSession(accounts), outbox_frames=limits.outbox_frames, farewell_s=limits.farewell_s
        )
        updates.add(connection)
        try:
            await connection.run()
        finally:
            updates.remove(connection)

    return [WebSocketRoute(path, stream) for path in ("/stream", "/stream/")]
