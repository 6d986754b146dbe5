"""A generated market again, from the log of what was done to it: the same trades and quotes, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from domain.nyse_hours import NyseHours
from simulator.deed import Deed, DeedLogError, Origin, read_deeds
from simulator.generated import GeneratedMarket
from simulator.hours import AlwaysOpen, Hours
from simulator.listing import KNOWN, crypto_listings, generated_listings
from simulator.market_time import MarketTime
from simulator.mood import Mood
from simulator.order import Side
from simulator.source import Event
from simulator.wire import encode

HOURS: dict[str, Callable[[], Hours]] = {"always": AlwaysOpen, "nyse": NyseHours}


def replayed(path: Path, until: int | None = None) -> Iterator[list[Event]]:
    """Everything that was published before `until`, or else before the last deed. Raises DeedLogError, OSError.

    An order that applied after another number of events than it says is an error: the log is not of this market.
    """
    origin, deeds = read_deeds(path)
    first = next(deeds, None)
    if first is None or first.do != "begin":
        raise DeedLogError(f"{path}, line 2: a log begins with the market's beginning")
    clock = MarketTime(lambda: 0, anchor=first.at, rate=1)
    market = GeneratedMarket(_listings(path, origin), origin.seed, HOURS[origin.hours](), clock, banded=origin.banded)
    market.begin(first.at)
    for number, deed in enumerate(deeds, start=3):
        if deed.do == "begin":
            market.begin(deed.at)
            continue
        yield market.advance(deed.at)
        found = market.events_of(deed.symbol)
        if found != deed.event:
            raise DeedLogError(f"{path}, line {number}: applied after {deed.event} events, here there were {found}")
        getattr(market, deed.do)(deed.symbol, **_arguments(deed))
    yield market.advance(until if until is not None else market.played_until + 1)


def digest(stretches: Iterator[list[Event]]) -> str:
    """The SHA-256 of all messages as the stream would carry them in MessagePack."""
    found = sha256()
    for events in stretches:
        for event in events:
            found.update(encode(event, "msgpack"))
    return found.hexdigest()


def _listings(path: Path, origin: Origin) -> Any:
    known = {
        share.symbol: share for share in (*generated_listings(max(KNOWN, len(origin.symbols))), *crypto_listings())
    }
    if origin.hours not in HOURS or not known.keys() >= set(origin.symbols):
        raise DeedLogError(f"{path}, line 1: hours or symbols are not known here")
    return tuple(known[symbol] for symbol in origin.symbols)


def _arguments(deed: Deed) -> dict[str, Any]:
    special: dict[str, Callable[[Any], Any]] = {"side": Side, "mood": lambda found: Mood(**found)}
    return {name: special.get(name, lambda same: same)(value) for name, value in deed.fields.items()}
