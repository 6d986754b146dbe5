"""Silence: what it means when no message comes. Silence is normal in a quiet or closed market, so the servers are asked."""

from __future__ import annotations

from dataclasses import dataclass

from domain.status import StreamState


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out. None: the server did not answer."""

    pong: bool
    clock_moves: bool | None
    is_open: bool | None
    newer_in_history: bool | None


def verdict(findings: Findings) -> StreamState:
    """The state of a stream that has been silent too long. STALE: it must be connected anew."""
    if not findings.pong:
        return StreamState.STALE
    if findings.clock_moves is False:
        return StreamState.PAUSED
    if findings.is_open is False:
        return StreamState.QUIET
    if findings.newer_in_history is False:
        return StreamState.LIVE
    return StreamState.STALE
