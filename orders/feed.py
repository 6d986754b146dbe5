"""The feed: orders and fills on their way to pages. One process reads the journal at most once in 50 ms, however many pages ask."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.fill import Fill
from domain.order import Order
from orders.journal import Journal

MIN_STEP_S: Final = 0.05
KEPT: Final = 2_000
WINDOW: Final = 200


@dataclass(frozen=True, slots=True)
class FeedDelta:
    """What a page must show anew. `whole`: it replaces what the page has. Orders newest first, fills oldest first."""

    change_id: int
    whole: bool
    orders: list[Order]
    fills: list[Fill]


class OrderFeed:
    """A view of the journal for one process. Safe to use from several threads."""

    def __init__(self, journal: Journal, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._journal, self._monotonic = journal, monotonic
        self._lock = threading.Lock()
        self._changes: deque[tuple[int, str, str, str]] = deque(maxlen=KEPT)
        self._first = self._last = -1
        self._stepped_at = -1e9

    def since(self, account_id: str, change_id: int | None, force: bool = False) -> FeedDelta:
        """What changed in an account after `change_id`; the newest orders and fills for None, or if that is too long ago."""
        with self._lock:
            self._step(force)
            if change_id is None or not self._first <= change_id <= self._last:
                return self._whole(account_id)
            rows = [row for row in self._changes if row[0] > change_id and row[1] == account_id]
        orders = {key: None for _, _, kind, key in rows if kind == "order"}
        fills = {key: None for _, _, kind, key in rows if kind == "fill"}
        return FeedDelta(
            self._last,
            False,
            self._journal.orders_by_id(list(orders)) if orders else [],
            self._journal.fills_by_id(account_id, list(fills)) if fills else [],
        )

    def _whole(self, account_id: str) -> FeedDelta:
        orders, fills = self._journal.orders(account_id, WINDOW), self._journal.fills(account_id, WINDOW)
        return FeedDelta(self._last, True, orders, fills)

    def _step(self, force: bool) -> None:
        now = self._monotonic()
        if self._last < 0:
            self._first = self._last = self._journal.last_change()
        elif force or now - self._stepped_at >= MIN_STEP_S:
            self._stepped_at = now
            rows = self._journal.changes_since(self._last)
            if rows:
                self._changes.extend(rows)
                self._last = rows[-1][0]
                self._first = max(self._first, self._changes[0][0] - 1)
