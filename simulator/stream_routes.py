"""The websocket routes of the market data stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from simulator.accounts import Accounts
from simulator.config import StreamLimits
from simulator.connection import Connection
from simulator.hub import Hub
from simulator.stream_session import Slots, StreamRules, StreamSession

ENDPOINTS = ("iex", "sip", "delayed_sip")


def stream_routes(
    accounts: Accounts, hub: Hub, limits: StreamLimits, on_subscribe: Callable[[], None]
) -> list[WebSocketRoute]:
    """A route for each stock feed; the free one limits the number of symbols."""
    slots = Slots()
    return [
        WebSocketRoute(
            f"/v2/{name}",
            _endpoint(
                StreamRules(name, accounts, slots, limits.free_symbols if name == "iex" else None, on_subscribe),
                hub,
                limits,
            ),
        )
        for name in ENDPOINTS
    ]


def _endpoint(rules: StreamRules, hub: Hub, limits: StreamLimits) -> Callable[[WebSocket], Awaitable[None]]:
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        connection = Connection(
            websocket, StreamSession(rules), outbox_frames=limits.outbox_frames, farewell_s=limits.farewell_s
        )
        hub.add(connection)
        try:
            await connection.run(limits.auth_timeout_s)
        finally:
            hub.remove(connection)

    return stream
