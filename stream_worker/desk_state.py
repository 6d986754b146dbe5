"""The state of the desk: what the worker knows about its streams and the market's clock, as one status."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from broker.account import ServerClock
from domain.feed import Feed
from domain.status import Budget, DeskStatus, LoadStatus, MarketStatus, StreamState, StreamStatus
from domain.symbol_state import SymbolState
from stream_worker.elapsed import ElapsedTime
from stream_worker.feed_state import FeedState
from stream_worker.market import Market

MAIN_FIRST: Final = (Feed.STOCKS, Feed.CRYPTO, Feed.OPTIONS, Feed.NEWS)
"""The desk is as live as the first of these that it streams."""


class DeskState:
    """Collects what happens; `status` is what may be published of it."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self.feeds: dict[Feed, FeedState] = {}
        self.market_open = False
        self._market_status = MarketStatus()
        self._since_clock = ElapsedTime()
        self._before_streams = StreamStatus()

    def waits(self, why: str) -> None:
        """There is no stream yet, because of something else."""
        self._before_streams = StreamStatus(StreamState.CONNECTING, why)

    def ends(self, state: StreamState, why: str) -> None:
        """Nothing is streamed any more."""
        self._before_streams = StreamStatus(state, why)
        for feed in self.feeds.values():
            feed.becomes(state, why)

    def is_open(self, feed: Feed) -> bool:
        """Whether trades of a feed are due now: coins trade always, the rest while the market is open."""
        return feed is Feed.CRYPTO or self.market_open

    def saw_clock(self, market: Market, clock: ServerClock, real_s: float) -> None:
        """The server's clock was read."""
        self._since_clock.restart()
        market.clock.look(clock.now, real_s)
        self.market_open = clock.is_open
        self._market_status = MarketStatus(clock.now, 1.0, clock.is_open, clock.next_open, clock.next_close)

    def status(
        self,
        market: Market,
        streams: dict[Feed, StreamStatus],
        budget: Budget,
        load: LoadStatus,
        dropped: int,
        conflated: int,
        symbol_states: dict[str, SymbolState],
    ) -> DeskStatus:
        """What may be said of the desk now."""
        now = market.clock.now(time.monotonic())
        told = {feed: replace(status, lag_ms=_lag_ms(market, feed, now)) for feed, status in streams.items()}
        if told:
            main = _main(told)
            told[main] = _with_bar_counters(told[main], market)
            conflated += told[main].conflated
            told[main] = replace(told[main], dropped=dropped, conflated=conflated)
        return DeskStatus(
            self._mode,
            0,
            told[main] if told else self._before_streams,
            replace(
                self._market_status, now=now, rate=market.clock.rate, clock_age_s=round(self._since_clock.seconds, 1)
            ),
            backfilled=self._backfilled(told),
            budget=budget,
            load=load,
            symbol_states=symbol_states,
            streams={feed.value: status for feed, status in told.items()},
        )

    def _backfilled(self, streams: Iterable[Feed]) -> bool:
        feeds = list(streams)
        return bool(feeds) and self.feeds[_main(feeds)].backfilled


def _main(feeds: Iterable[Feed]) -> Feed:
    return min(feeds, key=MAIN_FIRST.index)


def _with_bar_counters(status: StreamStatus, market: Market) -> StreamStatus:
    """The counters of the bars, told of the main stream and counted over all: the bars have one book."""
    book = market.book
    return replace(
        status,
        bar_mismatches=book.mismatches,
        late=book.late,
        corrections=book.corrections,
        outliers=market.outliers,
        unknown_conditions=book.unknown_conditions,
    )


def _lag_ms(market: Market, feed: Feed, now: int) -> float | None:
    """Real milliseconds by which the newest event is behind the market's clock."""
    newest = market.newest_of(feed)
    if not (newest and now):
        return None
    return round(max(now - newest, 0) / 1e6 / max(market.clock.rate, 1.0), 1)
