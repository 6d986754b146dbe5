"""The Health page's part of a delta: what the worker counts, what was missing and came back, and what orders wait for."""

from __future__ import annotations

from typing import Any, Final

from callbacks.connection import gap_row
from domain.status import DeskStatus, StreamStatus
from market_cache.reader import MarketReader

COUNTS: Final = (
    "connects",
    "dropped",
    "quarantined",
    "conflated",
    "late",
    "corrections",
    "outliers",
    "bar_mismatches",
    "unasked",
    "unchecked",
)
"""What a stream counts since its worker started."""

MOST_GAPS: Final = 12


def health_part(reader: MarketReader, status: DeskStatus, journal_ok: bool) -> dict[str, Any]:
    """Everything that the Health page shows and the connection does not tell. Small: it comes with each answer."""
    worker, load = status.worker, status.load
    streams = status.streams or {"stocks": status.stream}
    return {
        "streams": {feed: stream_part(stream) for feed, stream in streams.items()},
        "gaps": [[feed, *gap_row(gap), gap.get("symbols")] for feed, gap in newest_gaps(streams)],
        "worker": [int(worker.alive), worker.pid, round(worker.uptime_s), round(worker.rss_mb, 1)],
        "load": [load.flush_ms, int(load.conflating), load.backlog_bytes, status.queue_depth],
        "cache": cache_part(reader),
        "reconcile": [int(status.reconciled), status.reconcile_why],
        "journal": int(journal_ok),
    }


def stream_part(stream: StreamStatus) -> dict[str, Any]:
    """What a stream counts (zeros left out) and what was left out by cause."""
    counts = {name: getattr(stream, name) for name in COUNTS if getattr(stream, name)}
    return {"counts": counts, "causes": dict(stream.quarantine)}


def newest_gaps(streams: dict[str, StreamStatus]) -> list[tuple[str, dict[str, Any]]]:
    """The last gaps of all streams, newest first, each with its feed."""
    gaps = [(feed, gap) for feed, stream in streams.items() for gap in stream.gaps]
    return sorted(gaps, key=lambda item: str(item[1]["from"]), reverse=True)[:MOST_GAPS]


def cache_part(reader: MarketReader) -> list[Any]:
    """[epoch as text, seq, symbols]; a browser would round the epoch."""
    return [str(reader.epoch), reader.seq, len(reader.symbols)]
