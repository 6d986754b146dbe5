"""The intake: what is done with the data of one stream: history first, then what the stream brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from broker.wire import Batch
from domain.feed import Feed


class Intake(Protocol):
    """What a session needs of it. Methods that wait may raise HistoryError or RefusedError."""

    feed: Feed

    async def fill(self) -> None:
        """Read what the stream did not bring, up to now. Called with the subscription standing and all frames held back."""

    async def join(self, symbols: frozenset[str], subscribe: Callable[[], Awaitable[None]]) -> None:
        """Symbols were added while the stream runs (or none, if some were only let go): ask for them, and fill them alone."""

    def take(self, batch: Batch, ts_recv: int, conflate: bool) -> None:
        """Take what some frames held; `conflate` asks to drop quotes that newer ones in it replace."""

    def lost(self) -> None:
        """The connection is gone."""

    async def watch(self) -> list[str]:
        """Called twice a second while connected; symbols to be subscribed to anew."""

    async def newer_in_history(self) -> bool:
        """Whether history has data that the stream should have brought."""
