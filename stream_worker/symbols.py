"""The symbols that are streamed: those of the settings and those that pages wish for, within what the plan allows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from broker.account import COIN, Account
from domain.feed import Feed, feed_of
from domain.status import Budget
from orders.journal import Journal

FREE_SYMBOLS: Final = 30
"""Alpaca's free plan (the feed iex) streams 30 symbols of stocks, each with trades and quotes; coins are not counted. A server that
counts otherwise answers 405, and what it leaves out is named."""

FREE_FEEDS: Final = frozenset({"iex", "delayed_sip"})

Change = Callable[[tuple[str, ...]], Awaitable[None]]


class Symbols:
    """Counts by reference: a symbol is streamed while the settings name it or somebody holds it. `change` streams others."""

    def __init__(self, chosen: tuple[str, ...], account: Account, journal: Journal, feed: str, change: Change) -> None:
        self._chosen, self._account, self._journal, self._change = chosen, account, journal, change
        self._limit = FREE_SYMBOLS if feed in FREE_FEEDS else None
        self._lock = asyncio.Lock()
        self._wanted = tuple(dict.fromkeys((*chosen, *journal.wished_symbols())))
        self.streamed = self._within_plan(self._wanted)

    @property
    def budget(self) -> Budget:
        """How many of the plan's symbols are used."""
        return Budget(_stocks(self.streamed), self._limit)

    @property
    def left_out(self) -> list[str]:
        """Symbols that were wanted at the start and have had no room in the plan since."""
        return [symbol for symbol in self._wanted if symbol not in self.streamed]

    async def watch(self, arguments: dict[str, Any]) -> dict[str, str]:
        """Stream one more symbol. The answer holds an `error` if that cannot be."""
        symbol = str(arguments["symbol"])
        async with self._lock:
            if symbol in self.streamed:
                return {"symbol": symbol}
            wanted = (*self.streamed, symbol)
            if self._limit is not None and _stocks(wanted) > self._limit:
                return {
                    "error": f"{self._limit} symbols are streamed already; the free plan allows no more. Remove one."
                }
            if not await asyncio.to_thread(self._account.is_tradable, symbol):
                return {"error": f"{symbol} is not a symbol that can be traded here."}
            await self._stream(wanted)
        return {"symbol": symbol}

    async def unwatch(self, arguments: dict[str, Any]) -> dict[str, str]:
        """Let go of a symbol that nobody holds any more. The answer says whether it is still streamed, and for whom."""
        symbol = str(arguments["symbol"])
        async with self._lock:
            if symbol in self._chosen:
                return {"symbol": symbol, "kept": "it is one of the desk's own symbols"}
            if symbol in await asyncio.to_thread(self._journal.wished_symbols):
                return {"symbol": symbol, "kept": "another page shows it"}
            self._wanted = tuple(name for name in self._wanted if name != symbol)
            await self._stream(tuple(name for name in self.streamed if name != symbol))
        return {"symbol": symbol}

    async def _stream(self, symbols: tuple[str, ...]) -> None:
        if symbols != self.streamed:
            self.streamed = symbols
            await self._change(symbols)

    def _within_plan(self, symbols: tuple[str, ...]) -> tuple[str, ...]:
        kept: list[str] = []
        for symbol in symbols:
            if self._limit is None or feed_of(symbol) is not Feed.STOCKS or _stocks(kept) < self._limit:
                kept.append(symbol)
        return tuple(kept)


def practice_symbols(account: Account) -> tuple[str, ...]:
    """All that the practice market has: stocks, then coins. Blocks."""
    return (*account.tradable_symbols(), *account.tradable_symbols(COIN))


def _stocks(symbols: tuple[str, ...] | list[str]) -> int:
    return sum(feed_of(symbol) is Feed.STOCKS for symbol in symbols)
