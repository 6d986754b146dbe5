"""The stream manager: several clients at once, by name, each with a queue and if wanted a consumer of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self

from broker.client import StreamClient
from broker.client_messages import Message


class StreamManager:
    """Clients of different accounts or markets (paper beside practice, say), connected at the same time.

    Alpaca allows one connection a feed and account, so two clients with the same keys need different feeds.
    """

    def __init__(self) -> None:
        self._clients: dict[str, StreamClient] = {}

    async def __aenter__(self) -> Self:
        await self.connect_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close_all()

    def __getitem__(self, name: str) -> StreamClient:
        return self._clients[name]

    async def add_stream(self, name: str, client: StreamClient, symbols: Iterable[str] = ()) -> None:
        """Take a client in under a name and subscribe it. ValueError if the name is taken."""
        if name in self._clients:
            raise ValueError(f"there is a stream called {name!r} already")
        self._clients[name] = client
        await client.subscribe_to_ticker(*symbols)

    async def connect_all(self, timeout_s: float | None = None) -> None:
        """Connect all at once; raises as `StreamClient.connect` does, for the first that fails."""
        await asyncio.gather(*(client.connect(timeout_s) for client in self._clients.values()))

    async def get_next(self, name: str) -> Message | None:
        """The next message of a stream; None once it is closed and read to its end."""
        return await self._clients[name].get_next()

    async def consume(self, handler: Callable[[str, Message], Awaitable[None]]) -> None:
        """Read every stream with a task of its own and call `handler(name, message)`, until all are closed or one fails."""

        async def read(name: str) -> None:
            async for message in self._clients[name]:
                await handler(name, message)

        async with asyncio.TaskGroup() as tasks:
            for name in self._clients:
                tasks.create_task(read(name), name=f"consumer of {name}")

    async def close_all(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(client.close() for client in self._clients.values()))
