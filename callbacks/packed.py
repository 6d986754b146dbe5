"""A delta as it travels: without what says nothing, and without what the page knows already. `unpacked.js` undoes it.

A page asks several times a second; of an answer in which little happens most were names and empty lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

UNLOCKED: Final = ["", "", False, ""]

Part = dict[str, Any]


def packed(delta: Part, asked: object, symbols: Sequence[str]) -> Part:
    """The answer to what a page asked, with the watchlist's rows by the place of their symbol in `symbols`."""
    whole = {name: value for name, value in delta.items() if value is not None and value != []}
    small = whole | {"status": status_of(delta["status"]), "trade": trade_of(delta["trade"])}
    if "forming" in delta:  # it says that there is something of the market in the answer, even that no bar forms
        small["forming"] = delta["forming"]
    if "tape" in whole:
        small["tape"] = since_first(whole["tape"])
    if delta["window"] is None and "watch" in whole:
        places = {symbol: place for place, symbol in enumerate(symbols)}
        small["watch"] = [[places[row[0]], *row[1:]] for row in whole["watch"]]
    if "cursor" in whole:
        small["cursor"] = beyond(whole["cursor"], asked)
    return small


def status_of(status: Part) -> Part:
    """The status without what is not out of the ordinary; the market's clock without the names of its parts."""
    streams = [[feed, 0 if state == "live" else state, *rest] for feed, state, *rest in status["streams"]]
    rest = {
        "state": status["state"],
        "age_ms": status["age_ms"],
        "streams": streams,
        "market": clock_of(status["market"]),
    }
    unusual = {"why": status["why"]} if status["why"] else {}
    return rest | unusual | ({} if status["backfilled"] else {"backfilled": False})


def clock_of(market: Part) -> list[Any]:
    """[time in ms, rate, open, when that turns in ms]: while the market is open nobody asks when it opens."""
    turn = market["next_close_ms"] if market["is_open"] else market["next_open_ms"]
    return [market["now_ms"], market["rate"], int(market["is_open"]), turn]


def trade_of(trade: Part) -> Part:
    """The account without empty lists, and without a lock where orders are let through."""
    return {name: value for name, value in trade.items() if value not in (None, [], UNLOCKED)}


def since_first(rows: list[list[float]]) -> list[list[float]]:
    """Rows whose times count from the first one's, which is whole."""
    return [rows[0], *([row[0] - rows[0][0], *row[1:]] for row in rows[1:])]


def beyond(cursor: Part, asked: object) -> Part:
    """What of a cursor differs from the one that was asked with."""
    held = asked.get("cursor") if isinstance(asked, dict) else None
    if not isinstance(held, dict) or held.keys() != cursor.keys() or held["epoch"] != cursor["epoch"]:
        return cursor
    return {name: value for name, value in cursor.items() if held[name] != value}
