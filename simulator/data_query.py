"""The query of a historical request: its parameters, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from domain.session import NEW_YORK, NS_PER_SECOND, midnight, to_ns, trading_day
from simulator.paging import Position

DEFAULT_LIMIT = 1_000
LARGEST_LIMIT = 10_000
EARLIEST_YEAR, LATEST_YEAR = 1700, 2200  # nanoseconds since 1970 have 64 bits
_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,15}")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)


class BadQuery(ValueError):
    """A parameter that Alpaca would answer with 400; the text is the message."""


@dataclass(frozen=True, slots=True)
class DataQuery:
    """What to give: `start` and `end` are both included."""

    start: int
    end: int
    limit: int
    descending: bool
    after: Position | None


def read_feed(parameters: Mapping[str, str], known: tuple[str, ...]) -> str | None:
    """The feed that is asked for; raises BadQuery."""
    feed = parameters.get("feed") or None
    if feed is not None and feed.lower() not in known:
        raise BadQuery(f"Invalid format for parameter feed: {feed}")
    return feed.lower() if feed else None


def parse_query(parameters: Mapping[str, str], now: int) -> DataQuery:
    """Without `start` from the beginning of the New York day, without `end` to now. Raises BadQuery."""
    sort = parameters.get("sort", "asc").lower()
    if sort not in ("asc", "desc"):
        raise BadQuery(f"Invalid format for parameter sort: {sort}")
    start = read_moment(parameters, "start", midnight(trading_day(now)))
    end = read_moment(parameters, "end", now)
    if end < start and parameters.get("start") and parameters.get("end"):
        raise BadQuery("end should not be before start")
    return DataQuery(
        start=start,
        end=end,
        limit=parse_limit(parameters.get("limit"), DEFAULT_LIMIT, LARGEST_LIMIT),
        descending=sort == "desc",
        after=_position(parameters.get("page_token")),
    )


def parse_symbols(text: str | None, written: re.Pattern[str] = _SYMBOL) -> list[str]:
    """The symbols of a comma-separated list, `written` like shares if nothing else is said; raises BadQuery."""
    symbols = [symbol.strip() for symbol in (text or "").split(",") if symbol.strip()]
    if not symbols:
        raise BadQuery("symbols is required")
    wrong = [symbol for symbol in symbols if not written.fullmatch(symbol)]
    if wrong:
        raise BadQuery(f"invalid symbol(s): {', '.join(wrong)} does not match ^{written.pattern}$")
    return symbols


def parse_day(text: str) -> date:
    """A date, or that of a time, in the years of which markets know; raises ValueError."""
    found = date.fromisoformat(text[:10])
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ValueError(text)
    return found


def parse_moment(text: str) -> int:
    """Nanoseconds UTC of an RFC 3339 time (UTC if it names no offset) or of a New York date; raises ValueError."""
    day = parse_day(text)
    if len(text) == 10:
        return midnight(day)
    match = _MOMENT.fullmatch(text.replace(" ", "T"))
    if match is None:
        raise ValueError(text)
    whole = datetime.fromisoformat(match[1] + (match[3] or "Z").upper())
    return to_ns(whole.astimezone(UTC)) + int((match[2] or "0").ljust(9, "0"))


def new_york_text(ts_event: int) -> str:
    """RFC 3339 with New York's offset and up to nine decimals, as the clock gives it."""
    seconds, rest = divmod(ts_event, NS_PER_SECOND)
    local = datetime.fromtimestamp(seconds, NEW_YORK).isoformat()
    return f"{local[:-6]}.{rest:09d}{local[-6:]}" if rest else local


def read_moment(parameters: Mapping[str, str], name: str, default: int) -> int:
    """A moment among the parameters; raises BadQuery."""
    text = parameters.get(name)
    if not text:
        return default
    try:
        return parse_moment(text)
    except ValueError as problem:
        raise BadQuery(f"Invalid format for parameter {name}: {text}") from problem


def parse_limit(text: str | None, default: int, largest: int) -> int:
    """How many rows a page may have; raises BadQuery."""
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= largest:
        raise BadQuery(f"Invalid format for parameter limit: {text}; it must be 1 to {largest}")
    return int(text)


def _position(token: str | None) -> Position | None:
    if not token:
        return None
    try:
        return Position.parse(token)
    except ValueError as problem:
        raise BadQuery(f"Invalid format for parameter page_token: {token}") from problem
