"""The connection: every stream of the desk, which symbols do not come, which are halted, and what is missing in between.

It changes rarely. A page keeps it together with its mark, and gets it again only when the mark is another one.
"""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.feed import Feed, feed_of
from domain.status import DeskStatus, StreamStatus
from domain.symbol_state import SymbolState

Row = list[Any]


def stream_rows(status: DeskStatus) -> list[Row]:
    """[feed, state, age in ms, lag in ms] of every stream, the main one first, the orders' last; null where there is none."""
    return [
        [feed, stream.state.value, age_ms(stream.last_msg_age_s), stream.lag_ms]
        for feed, stream in all_streams(status).items()
    ]


def all_streams(status: DeskStatus) -> dict[str, StreamStatus]:
    """The streams by feed, in the order of the feeds, and the orders' stream."""
    known = status.streams or {Feed.STOCKS.value: status.stream}
    ordered: dict[str, StreamStatus] = {feed.value: known[feed.value] for feed in Feed if feed.value in known}
    return {**ordered, "orders": status.trading}


def connection_part(status: DeskStatus, symbol: str, held: str) -> dict[str, Any] | None:
    """What is out of the ordinary, with its mark; None where the page holds exactly this."""
    streams = all_streams(status)
    part = {
        "budget": [status.budget.used, status.budget.limit],
        "why": kept(streams, lambda stream: stream.why),
        "missing": kept(streams, lambda stream: stream.not_streaming),
        "gaps": [gap_row(gap) for gap in gaps_of(status, symbol)],
        "states": [
            state_row(name, state) for name, state in status.symbol_states.items() if state.halted or state.silent
        ],
        "limits": limits_of(status.symbol_states.get(symbol)),
    }
    mark = f"{crc32(json.dumps(part).encode()):08x}"
    return None if mark == held else {"mark": mark, **part}


def kept(streams: dict[str, StreamStatus], value: Callable[[StreamStatus], Any]) -> dict[str, Any]:
    """One value of every stream that has something there."""
    return {feed: value(stream) for feed, stream in streams.items() if value(stream)}


def gaps_of(status: DeskStatus, symbol: str) -> list[dict[str, Any]]:
    """The gaps of the stream by which a symbol comes, oldest first."""
    return status.streams.get(feed_of(symbol).value, status.stream).gaps


def gap_row(gap: dict[str, Any]) -> Row:
    """[from in ms, to in ms or null while it is open, filled, verified or null]."""
    return [ms_of(gap["from"]), ms_of(gap.get("to")), int(bool(gap.get("filled"))), gap.get("verified")]


def state_row(symbol: str, state: SymbolState) -> Row:
    """[symbol, halted, reason, since in ms, silent]."""
    return [symbol, int(state.halted), state.reason or state.status, state.since // 1_000_000, int(state.silent)]


def limits_of(state: SymbolState | None) -> Row | None:
    """[limit up, limit down] in USD, 0 where one is not known; None where none is."""
    return [state.limit_up, state.limit_down] if state and (state.limit_up or state.limit_down) else None


def ms_of(moment: str | None) -> int | None:
    """Milliseconds UTC of a time in ISO 8601."""
    return None if moment is None else round(datetime.fromisoformat(moment).timestamp() * 1000)


def age_ms(age_s: float | None) -> int | None:
    """An age in whole milliseconds; null where there is none."""
    return None if age_s is None else round(age_s * 1000)
