"""The supervisor: keeps one stream up for ever, waits between tries, and stops trying only when Alpaca refuses."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from broker.backoff import delay_s
from broker.refusal import SlotTakenError
from domain.errors import HistoryError, RefusedError, StreamError, TickdeskError
from domain.status import StreamState
from stream_worker.publisher import Publisher
from stream_worker.session import StreamSession

REFUSALS: Final = 3
"""Refused this often in a row, the supervisor stops trying."""


class StreamSupervisor:
    """Runs sessions one after another, never two at a time."""

    def __init__(self, session: StreamSession, publisher: Publisher, jitter: random.Random) -> None:
        self._session, self._publisher, self._jitter = session, publisher, jitter
        self._failures = 0
        self._refusals = 0

    async def run(self) -> None:
        """Stream until cancelled. RefusedError after three refusals in a row."""
        while True:
            try:
                await self._session.run()
            except RefusedError as error:
                await self._refused(error)
            except (StreamError, HistoryError) as error:
                await self._lost(error)

    async def _refused(self, error: RefusedError) -> None:
        self._refusals += 1
        self._show(StreamState.REFUSED, str(error))
        if self._refusals >= REFUSALS:
            raise error
        await asyncio.sleep(delay_s(self._refusals, self._jitter))

    async def _lost(self, error: TickdeskError) -> None:
        self._failures = 1 if self._session.proved else self._failures + 1
        self._refusals = 0
        self._session.state.failed(self._failures)
        wait_s = error.wait_s if isinstance(error, SlotTakenError) else delay_s(self._failures, self._jitter)
        self._show(StreamState.RECONNECTING, f"{error} Trying again in {max(wait_s, 1):.0f} s.")
        await asyncio.sleep(wait_s)

    def _show(self, state: StreamState, why: str) -> None:
        self._session.state.becomes(state, why)
        self._publisher.status_changed()
