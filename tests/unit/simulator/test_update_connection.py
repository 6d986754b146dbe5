"""A client of the trading stream that does not read."""

from __future__ import annotations

import asyncio
from typing import Any

from simulator.accounts import Accounts
from simulator.update_connection import UpdateConnection
from simulator.update_session import UpdateSession


class Asleep:
    """A websocket whose client takes nothing."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    async def receive(self) -> Any:
        await asyncio.Event().wait()

    async def send_bytes(self, data: bytes) -> None:
        await asyncio.Event().wait()


async def test_it_holds_nobody_up_and_is_dropped():
    connection = UpdateConnection(Asleep(), UpdateSession(Accounts([])), outbox_frames=5, farewell_s=0.01)
    running = asyncio.create_task(connection.run())
    for number in range(1_000):
        connection.say({"number": number})
    await asyncio.wait_for(running, 2)
