"""The pump: plays the market against its clock and publishes what comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator.feeds import Feeds
from simulator.market import Market
from simulator.programme import Programme
from simulator.schedule import Schedule
from simulator.trading_floor import TradingFloor

INTERVAL_S = 0.02


class Pump:
    """A frame for each 20 ms of real time; late ones are caught up with, minute by minute."""

    def __init__(
        self,
        market: Market,
        floor: TradingFloor,
        feeds: Feeds,
        programme: Programme,
        schedule: Schedule,
        patience_s: float,
    ) -> None:
        self._market = market
        self._floor = floor
        self._feeds = feeds
        self._programme = programme
        self._schedule = schedule
        self._patience_s = patience_s
        self._at_work = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Until cancelled. A source that waits for a listener is started after `patience_s`."""
        loop = asyncio.get_running_loop()
        self.await_listener()
        next_turn = loop.time()
        try:
            while True:
                async with self._at_work:
                    await self.turn()
                next_turn = max(next_turn + INTERVAL_S, loop.time())
                await asyncio.sleep(next_turn - loop.time())
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def await_listener(self) -> None:
        """A source that waits for a listener is started after the patience, from now on."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._patience_s, self._market.source.start)

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Between two turns: the markets may be moved in time, and nothing is half played."""
        async with self._at_work:
            yield

    async def turn(self) -> None:
        """Plays everything up to now."""
        if self._market.has_lost_track():
            self._feeds.stocks.close_all()
            self._market.begin_again()
        now = self._market.now()
        while (due := self._schedule.next_due()) is not None and due <= now:
            await self._play(due)
            self._schedule.act(due)
        await self._play(now)
        self._floor.turn()
        self._programme.turn()

    async def _play(self, until: int) -> None:
        for messages in self._market.play(until):
            # Between the market's step and this nobody else may act: the fills belong to that step.
            self._floor.take(messages)
            if messages:
                self._programme.publish(messages)
                await asyncio.sleep(0)
