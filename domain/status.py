"""The status of the desk: what the worker says of itself, and what a reader may believe of it now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any


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
    """One stream. `last_msg_age_s` is elapsed real time since the last message, None before the first."""

    state: StreamState = StreamState.CONNECTING
    why: str = ""
    last_msg_age_s: float | None = None
    connects: int = 0
    gaps: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    quarantined: int = 0
    bar_mismatches: int = 0
    lag_ms: float | None = None


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """The market's clock as the worker knew it when it published. Times in nanoseconds UTC, `rate` market seconds a second."""

    now: int = 0
    rate: float = 1.0
    is_open: bool = False
    next_open: int = 0
    next_close: int = 0


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The worker process. `alive` is the reader's verdict, the rest the worker's word."""

    alive: bool = False
    pid: int = 0
    uptime_s: float = 0.0
    rss_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What the worker publishes with each heartbeat; a reader ages it with `aged`."""

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
            trading=_aged(self.trading, silence_s),
            worker=replace(self.worker, alive=alive),
            reconciled=self.reconciled and alive,
        )

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
