"""The status of the desk: what the worker says of itself, and what a reader may believe of it now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from domain.breaker import STREAM_FAILURES, BreakerStatus
from domain.symbol_state import SymbolState


class StreamState(StrEnum):
    """The states of a stream. Only LIVE, QUIET and PAUSED may be believed."""

    CONNECTING = "connecting"
    LIVE = "live"
    QUIET = "quiet"
    PAUSED = "paused"
    STALE = "stale"
    RECONNECTING = "reconnecting"
    REFUSED = "refused"
    DOWN = "down"


BELIEVABLE = frozenset({StreamState.LIVE, StreamState.QUIET, StreamState.PAUSED})
"""States in which what is on the screen is what the market is: new data may come at any moment, or none is due."""

HEARTBEAT_LATE_S = 2.5
"""The worker beats at least every second; after this long without a beat nothing is called live any more."""

HEARTBEAT_LOST_S = 5.0
"""After this long without a beat the worker counts as dead."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream. `last_msg_age_s` is elapsed real time since the last message, None before the first.

    A gap is {from, to, filled, verified, symbols}: times in ISO 8601, `to` None while it is open; `verified` says whether the
    bars in it were compared with Alpaca's and agreed, None where Alpaca had none to compare. `quarantine` counts messages left
    out by cause, `quarantined` all of them; `conflated` quotes that newer ones replaced under overload; `late` trades that
    amended a closed bar; `unchecked` minutes that history was to be asked about and that were given up, because it did not answer
    for too long; `failures` the connections in a row, up to now, that did not hold.
    """

    state: StreamState = StreamState.CONNECTING
    why: str = ""
    last_msg_age_s: float | None = None
    connects: int = 0
    gaps: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    quarantined: int = 0
    bar_mismatches: int = 0
    lag_ms: float | None = None
    not_streaming: list[str] = field(default_factory=list)
    unasked: int = 0
    conflated: int = 0
    late: int = 0
    corrections: int = 0
    outliers: int = 0
    quarantine: dict[str, int] = field(default_factory=dict)
    unknown_conditions: int = 0
    feed: str = ""
    failures: int = 0
    unchecked: int = 0


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """The market's clock as the worker knew it when it published. Times in nanoseconds UTC, `rate` market seconds a second.

    `now` is 0 before the first answer; `clock_age_s` is elapsed real time since the last one.
    """

    now: int = 0
    rate: float = 1.0
    is_open: bool = False
    next_open: int = 0
    next_close: int = 0
    clock_age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The worker process. `alive` is the reader's verdict, the rest the worker's word."""

    alive: bool = False
    pid: int = 0
    uptime_s: float = 0.0
    rss_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How many symbols are streamed, and how many the plan allows (None: no limit)."""

    used: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class LoadStatus:
    """How hard the worker works: how long it collects frames before it publishes, and what waits."""

    flush_ms: float = 0.0
    conflating: bool = False
    backlog_bytes: int = 0


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What the worker publishes with each heartbeat; a reader ages it with `aged`.

    `stream` is the main one of `streams` (stocks, if any are streamed). `symbol_states` has only symbols with something to
    say. `recorder` is None while nothing is recorded.
    """

    mode: str = "sim"
    heartbeat: int = 0
    stream: StreamStatus = field(default_factory=StreamStatus)
    market: MarketStatus = field(default_factory=MarketStatus)
    worker: WorkerStatus = field(default_factory=WorkerStatus)
    queue_depth: int = 0
    backfilled: bool = False
    trading: StreamStatus = field(default_factory=StreamStatus)
    reconciled: bool = False
    reconcile_why: str = ""
    account: dict[str, Any] | None = None
    positions: list[dict[str, Any]] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    symbol_states: dict[str, SymbolState] = field(default_factory=dict)
    load: LoadStatus = field(default_factory=LoadStatus)
    streams: dict[str, StreamStatus] = field(default_factory=dict)
    recorder: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain types, the field names of the status contract."""
        return asdict(self)

    def aged(self, silence_s: float | None) -> DeskStatus:
        """This status as it may be believed `silence_s` real seconds after its heartbeat was first seen.

        None means that no heartbeat was ever seen: the worker is down.
        """
        alive = silence_s is not None and silence_s < HEARTBEAT_LOST_S
        return replace(
            self,
            stream=_aged(self.stream, silence_s),
            market=replace(self.market, clock_age_s=self.market.clock_age_s + (silence_s or 0.0)),
            streams={name: _aged(stream, silence_s) for name, stream in self.streams.items()},
            trading=_aged(self.trading, silence_s),
            worker=replace(self.worker, alive=alive),
            reconciled=self.reconciled and alive,
        )

    @property
    def stream_breaker(self) -> BreakerStatus:
        """Open while the main stream has failed too often in a row; closes by itself when a connection holds."""
        failures = self.stream.failures
        return BreakerStatus(failures >= STREAM_FAILURES, failures, self.stream.why if failures else "")

    @property
    def ready(self) -> bool:
        """Whether the desk may be used: the worker lives, history is loaded and the stream is believable."""
        return self.worker.alive and self.backfilled and self.stream.state in BELIEVABLE


def _aged(stream: StreamStatus, silence_s: float | None) -> StreamStatus:
    """One stream as it may be believed that long after the heartbeat."""
    if silence_s is None:
        return replace(stream, state=StreamState.DOWN, why="No worker has written yet.")
    age = stream.last_msg_age_s
    older = replace(stream, last_msg_age_s=None if age is None else age + silence_s)
    if silence_s >= HEARTBEAT_LOST_S:
        return replace(older, state=StreamState.DOWN, why="The stream worker stopped.")
    if silence_s >= HEARTBEAT_LATE_S and stream.state in BELIEVABLE:
        return replace(older, state=StreamState.STALE, why="The stream worker is late.")
    return older
