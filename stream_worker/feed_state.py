"""The state of a feed: what the worker knows about one of its streams."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import structlog

from domain.breaker import STREAM_FAILURES
from domain.feed import Feed
from domain.status import BELIEVABLE, StreamState, StreamStatus
from stream_worker.elapsed import ElapsedTime
from stream_worker.gaps import Gaps

log = structlog.get_logger()


class FeedState:
    """Collects what happens to one stream; `status` is what may be said of it. `covered_until`: market time (ns) up to which
    everything is known, 0 for nothing."""

    def __init__(self, feed: Feed, covered_until: int = 0) -> None:
        self.feed, self.covered_until = feed, covered_until
        self.gaps = Gaps()
        self.backfilled = False
        self._said = StreamStatus(feed=feed.value)
        self._since_message = ElapsedTime()
        self._any_message = False
        self._quarantine: Counter[str] = Counter()

    @property
    def state(self) -> StreamState:
        """The state of the stream."""
        return self._said.state

    @property
    def silence_s(self) -> float:
        """Real seconds since the last message of this connection, or since it was made."""
        return self._since_message.seconds

    def becomes(self, state: StreamState, why: str = "") -> None:
        """Enter a state; `why` is shown to people."""
        if (state, why) != (self._said.state, self._said.why):
            log.info("stream state", feed=self.feed.value, state=state.value, why=why)
        failures = 0 if state in BELIEVABLE else self._said.failures
        self._said = replace(self._said, state=state, why=why, failures=failures)

    def failed(self, in_a_row: int) -> None:
        """So many connections in a row did not hold."""
        if in_a_row == STREAM_FAILURES:
            log.error("stream breaker opened", feed=self.feed.value, failures=in_a_row)
        self._said = replace(self._said, failures=in_a_row)

    def complain(self, why: str) -> None:
        """The server sent an error after the login: say so, go on."""
        self.becomes(self.state, why)

    def connected(self) -> None:
        """A connection stands, logged in and subscribed."""
        self._since_message.restart()
        self._said = replace(self._said, connects=self._said.connects + 1)

    def lost(self, symbols: int) -> None:
        """The connection is gone: what comes now is not known until history is read."""
        if self.backfilled and self.covered_until:
            self.gaps.open(self.covered_until, symbols)

    def message_came(self) -> None:
        """Any frame came."""
        self._since_message.restart()
        self._any_message = True

    def quarantined(self, counts: Counter[str]) -> None:
        """Messages were left out, so many by cause."""
        self._quarantine.update(counts)

    def covers(self, ts_event: int) -> None:
        """Everything up to `ts_event` (ns) came, unless something before it is missing still."""
        if not self.gaps.is_open:
            self.covered_until = max(self.covered_until, ts_event)

    def filled(self, now: int, symbols: int, verified: bool | None) -> None:
        """History was read up to market time `now`."""
        if 0 < self.covered_until < now:
            self.gaps.open(self.covered_until, symbols)
        self.gaps.fill(now, verified)
        self.covered_until, self.backfilled = now, True

    def count(self, **more: int) -> None:
        """Count what happened: any of the counters of StreamStatus."""
        counted = {name: getattr(self._said, name) + value for name, value in more.items() if value}
        if counted:
            self._said = replace(self._said, **counted)

    def status(self, not_streaming: list[str]) -> StreamStatus:
        """What may be said of the stream now."""
        return replace(
            self._said,
            last_msg_age_s=round(self.silence_s, 3) if self._any_message else None,
            gaps=self.gaps.told(),
            quarantined=self._quarantine.total(),
            quarantine=dict(self._quarantine),
            not_streaming=not_streaming,
        )
