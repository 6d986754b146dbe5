"""Wishes: symbols that somebody wants to see. The worker streams them; what it says to a wish is in the answer."""

from __future__ import annotations

import time
from typing import Any, Final

from domain.feed import LONGEST_SYMBOL
from orders.entries import SYMBOL
from orders.journal import DESK, Journal

ANSWER_WITHIN_S: Final = 6.0


def wish_for(journal: Journal, symbol: Any, holder: str, limit_s: float = ANSWER_WITHIN_S) -> dict[str, str]:
    """Ask for a symbol, whatever a page has sent as one, and wait for the worker: {symbol} or {error}. May block that long."""
    wanted = symbol.strip().upper() if isinstance(symbol, str) and len(symbol) <= LONGEST_SYMBOL else ""
    if not SYMBOL.fullmatch(wanted):
        return {"error": "Write a symbol, for example AAPL."}
    with journal.writing() as rows:
        held = rows.wish(wanted, holder, wanted=True)  # before it is streamed, so that nobody lets go of it meanwhile
        command_id = rows.add_command(DESK, "watch", {"symbol": wanted})
    answer = _answer(journal, command_id, limit_s)
    if "error" in answer and not held:
        with journal.writing() as rows:
            rows.wish(wanted, holder, wanted=False)
    return answer


def _answer(journal: Journal, command_id: int, limit_s: float) -> dict[str, str]:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = journal.command_result(command_id)
        if found is not None:
            return dict(found)
        time.sleep(0.05)
    return {"error": "The stream worker did not answer. Try again when the feed is live."}


def let_go(journal: Journal, symbol: Any, holder: str, limit_s: float = ANSWER_WITHIN_S) -> dict[str, str]:
    """Hold a symbol no longer: {symbol, kept} or {error}. `kept` says why it is streamed still; empty if it is not.

    A symbol is dropped only when nobody holds it any more: not another page, and not the settings.
    """
    name = symbol.strip().upper() if isinstance(symbol, str) and len(symbol) <= LONGEST_SYMBOL else ""
    if not name:
        return {"error": "Write a symbol, for example AAPL."}
    with journal.writing() as rows:
        rows.wish(name, holder, wanted=False)
    if name in journal.wished_symbols():
        return {"symbol": name, "kept": "another page shows it"}
    with journal.writing() as rows:
        command_id = rows.add_command(DESK, "unwatch", {"symbol": name})
    return {"kept": "", **_answer(journal, command_id, limit_s)}
