"""The pump: plays the market against its clock and publishes what comes out."""

from __future__ import annotations

import asyncio

from simulator.feeds import Feeds
from simulator.market import Market
from simulator.programme import Programme
from simulator.trading_floor import TradingFloor

INTERVAL_S = 0.01


class Pump:
    """A frame for each 10 ms of real time; late ones are caught up with, minute by minute."""

    def __init__(
        self, market: Market, floor: TradingFloor, feeds: Feeds, programme: Programme, patience_s: float
    ) -> None:
        self._market = market
        self._floor = floor
        self._feeds = feeds
        self._programme = programme
        self._patience_s = patience_s

    async def run(self) -> None:
        """Until cancelled. A source that waits for a listener is started after `patience_s`."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._patience_s, self._market.source.start)
        next_turn = loop.time()
        try:
            while True:
                await self._turn()
                next_turn = max(next_turn + INTERVAL_S, loop.time())
                await asyncio.sleep(next_turn - loop.time())
        finally:
            timer.cancel()

    async def _turn(self) -> None:
        if self._market.has_lost_track():
            self._feeds.stocks.close_all()
            self._market.begin_again()
        for messages in self._market.play(self._market.now()):
            # Between the market's step and this nobody else may act: the fills belong to that step.
            self._floor.take(messages)
            if messages:
                self._programme.publish(messages)
                await asyncio.sleep(0)
        self._floor.turn()
        self._programme.turn()
