"""What the page reads is what the server meant: answers packed by the one and unpacked by the other."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from callbacks.packed import packed

from .scripts import js

SYMBOLS = ["AAPL", "MSFT"]
CURSOR = {"epoch": "1795196283637451961", "seq": 874, "symbol": "AAPL", "interval": "1Min"}
CLOCK = {"now_ms": 1, "rate": 1.0, "is_open": True, "next_open_ms": None, "next_close_ms": 6}
SHUT = {**CLOCK, "is_open": False, "next_open_ms": 5, "next_close_ms": None}
STREAMS = [["stocks", "live", 7, 12.7], ["news", "stale", None, None]]
STATUS = {"state": "live", "why": "", "age_ms": 7, "backfilled": True, "market": CLOCK, "streams": STREAMS}
TRADE = {"account": [1.0, 2.0, 3.0, 4.0], "positions": [], "lock": ["", "", False, ""], "orders": None}
ENVELOPE = {"n": 4, "status": STATUS, "trade": TRADE, "connection": None, "window": None}
NOTHING = {"bars": [], "tape": [], "spreads": [], "watch": []}
MARKET = {
    "bars": [[7, 8]],
    "tape": [[1000, 5.0, 1, 0], [1250, 6.0, 2, 1], [1300, 6.5, 2, 1, 1]],
    "spreads": [[1000, 0.01]],
    "watch": [["MSFT", 1.5, 1.4, None, 3], ["AAPL", 2.5, 2.4, 0.01, 4]],
}
QUOTE = {"forming": None, "quote": None, "last": None}
LOCKED = {"account": None, "positions": [["AAPL", 3]], "lock": ["a person", "", True, ""], "orders": {"rows": []}}

DELTAS: list[tuple[Any, dict[str, Any]]] = [
    (CURSOR, {**ENVELOPE, "cursor": {**CURSOR, "seq": 880}, **NOTHING, **QUOTE}),
    (CURSOR, {**ENVELOPE, "cursor": CURSOR, **MARKET, **QUOTE, "forming": [1, 2], "quote": [1, 2, 3, 4, None]}),
    (CURSOR, {**ENVELOPE, "cursor": {**CURSOR, "epoch": "7", "seq": 1}, **NOTHING, **QUOTE, "window": {"bars": []}}),
    (CURSOR, {**ENVELOPE, "cursor": {**CURSOR, "until": 60}, **MARKET, **QUOTE, "window": {"bars": []}}),
    (None, {**ENVELOPE, "cursor": CURSOR, **MARKET, **QUOTE, "window": {"bars": [], "symbols": SYMBOLS}}),
    (CURSOR, {**ENVELOPE, "trade": LOCKED, "cursor": CURSOR, "health": {"a": 1}}),
    (None, {**ENVELOPE, "status": {**STATUS, "why": "silent", "backfilled": False, "market": SHUT}, "cursor": None}),
]


@pytest.mark.parametrize(("cursor", "delta"), DELTAS, ids=range(len(DELTAS)))
def test_what_was_left_out_is_put_back(scripts: Page, cursor: Any, delta: dict[str, Any]) -> None:
    small = packed(delta, {"cursor": cursor}, SYMBOLS)
    assert js(scripts, "return desk.unpacked(...arg);", [small, cursor, SYMBOLS]) == delta
