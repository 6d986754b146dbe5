"""The pump: plays the market against its clock and publishes what comes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulator.feeds import Feeds
from simulator.market import Market
from simulator.message import Message
from simulator.programme import Programme
from simulator.schedule import Schedule
from simulator.tape_play import TapePlay
from simulator.trading_floor import TradingFloor

INTERVAL_S = 0.01
EVENTS_AT_ONCE = 1_000


class Pump:
    """A frame for each 10 ms of real time; late ones are caught up with, minute by minute."""

    def __init__(
        self,
        market: Market,
        floor: TradingFloor,
        feeds: Feeds,
        programme: Programme,
        schedule: Schedule,
        patience_s: float,
        tape: TapePlay | None = None,
    ) -> None:
        """A `tape` plays the coins too."""
        self._market = market
        self._floor = floor
        self._feeds = feeds
        self._programme = programme
        self._schedule = schedule
        self._patience_s = patience_s
        self._tape = tape
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
        if self._tape is not None:
            await self._play_tape(self._tape, until)
            return
        for messages in self._market.play(until):
            # Between the market's step and this nobody else may act: the fills belong to that step.
            self._floor.take(messages)
            if messages:
                self._programme.publish(messages)
                await asyncio.sleep(0)

    async def _play_tape(self, tape: TapePlay, until: int) -> None:
        """Orders meet the tape event by event; clients hear many events in one frame all the same."""
        heard: dict[bool, list[Message]] = {True: [], False: []}
        for market, messages in tape.play(until):
            heard[market is self._market] += messages
            if len(heard[True]) + len(heard[False]) >= EVENTS_AT_ONCE:
                self._publish(heard)
                await asyncio.sleep(0)
        self._publish(heard)

    def _publish(self, heard: dict[bool, list[Message]]) -> None:
        """Of the shares and of the coins."""
        if heard[True]:
            self._programme.publish(heard[True])
        if heard[False]:
            self._programme.publish_coins(heard[False])
        heard[True], heard[False] = [], []
