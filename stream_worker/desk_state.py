"""The state of the desk: what the worker knows about its stream and the market's clock, as one status."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import Any, Final

import structlog

from broker.account import ServerClock
from domain.session import to_datetime
from domain.status import DeskStatus, MarketStatus, StreamState, StreamStatus
from stream_worker.market import Market

GAPS_KEPT: Final = 20

log = structlog.get_logger()


class ElapsedTime:
    """Real seconds since an instant: the larger of what the monotonic and the wall clock say, so that a sleep counts."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin to count now."""
        self._monotonic, self._wall = time.monotonic(), time.time()

    @property
    def seconds(self) -> float:
        """Seconds since `restart`."""
        return max(time.monotonic() - self._monotonic, time.time() - self._wall)


class DeskState:
    """Collects what happens; `status` is what may be published of it."""

    def __init__(self, mode: str, covered_until: int = 0) -> None:
        self._mode = mode
        self.stream = StreamStatus()
        self.covered_until = covered_until
        self.market_open = False
        self._market_status = MarketStatus()
        self._since_message = ElapsedTime()
        self._any_message = False
        self._gaps: deque[dict[str, Any]] = deque(maxlen=GAPS_KEPT)
        self._backfilled = False

    @property
    def silence_s(self) -> float:
        """Real seconds since the last message of this connection, or since it was made."""
        return self._since_message.seconds

    def becomes(self, state: StreamState, why: str = "") -> None:
        """Enter a state; `why` is shown to people."""
        if (state, why) != (self.stream.state, self.stream.why):
            log.info("stream state", state=state.value, why=why)
        self.stream = replace(self.stream, state=state, why=why)

    def connected(self) -> None:
        """A connection stands, logged in and subscribed."""
        self._since_message.restart()
        self.stream = replace(self.stream, connects=self.stream.connects + 1)

    def message_came(self) -> None:
        """Any frame came."""
        self._since_message.restart()
        self._any_message = True

    def data_came(self, market: Market) -> None:
        """Ticks or bars were taken in."""
        self.covered_until = max(self.covered_until, market.newest)

    def quarantined(self, count: int) -> None:
        """Messages were left out because they were malformed or impossible."""
        if count:
            self.stream = replace(self.stream, quarantined=self.stream.quarantined + count)

    def complain(self, why: str) -> None:
        """The server sent an error after the login: say so, go on."""
        self.becomes(self.stream.state, why)

    def filled(self, now: int) -> None:
        """History was read up to market time `now`."""
        if 0 < self.covered_until < now and self._backfilled:
            gap = {
                "from": to_datetime(self.covered_until).isoformat(),
                "to": to_datetime(now).isoformat(),
                "filled": True,
            }
            self._gaps.append(gap)
        self.covered_until, self._backfilled = now, True

    def saw_clock(self, market: Market, clock: ServerClock, real_s: float) -> None:
        """The server's clock was read."""
        market.clock.look(clock.now, real_s)
        self.market_open = clock.is_open
        self._market_status = MarketStatus(clock.now, 1.0, clock.is_open, clock.next_open, clock.next_close)

    def status(self, market: Market, queue_depth: int, dropped: int) -> DeskStatus:
        """What may be said of the desk now."""
        now = market.clock.now(time.monotonic())
        stream = replace(
            self.stream,
            last_msg_age_s=round(self.silence_s, 3) if self._any_message else None,
            gaps=list(self._gaps),
            dropped=dropped,
            quarantined=self.stream.quarantined + market.implausible,
            bar_mismatches=market.book.mismatches,
            lag_ms=_lag_ms(market, now),
        )
        market_status = replace(self._market_status, now=now, rate=market.clock.rate)
        return DeskStatus(self._mode, 0, stream, market_status, queue_depth=queue_depth, backfilled=self._backfilled)


def _lag_ms(market: Market, now: int) -> float | None:
    """Real milliseconds by which the newest event is behind the market's clock."""
    if not (market.newest and now):
        return None
    return round(max(now - market.newest, 0) / 1e6 / max(market.clock.rate, 1.0), 1)
