"""Orders whose fate is unknown: looked up until it is known. Only the worker does this.

Found: the order is the broker's, and followed. Definitely not there, and after a while still not: it is sent again under the
same id if it is still wanted, else it was not placed. No answer: it stays unknown, and what it may cost stays reserved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from broker.order_client import Accepted, Missing, OrderClient
from domain.order import INTENT, NOT_PLACED, SENDING, UNKNOWN, Order
from orders.crash_point import crash_point
from orders.journal import Journal, JournalWriter
from orders.order_log import about
from orders.sending import Sending
from orders.updates import take_order

DEAD_S: Final = 15.0
"""Who sends an order has written down what came of it within 12 s; whoever has not by then is dead."""

ABSENT_S: Final = 10.0
"""A look-up right after an unclear answer may come too early; absence counts only after this long."""

PATIENCE_S: Final = {UNKNOWN: 0.0, INTENT: DEAD_S, SENDING: DEAD_S}
"""The states that need settling, and how long an order must have been in one before it is looked up."""

RATE_LIMIT_S: Final = 5.0
"""An order that met the rate limit (429) is an intent again, with that reason; it waits only so long."""

FIRST_LOOK_S: Final = 0.5
LONGEST_LOOK_S: Final = 8.0

log = structlog.get_logger()

Wanted = Callable[[JournalWriter, Order], str]
"""Why an order is not wanted any more, asked inside the journal's transaction; empty if it still is."""


@dataclass(slots=True)
class Suspect:
    """An order that is watched, since when (elapsed s) as it is now, and when it is looked up next."""

    seen_as: tuple[str, int]
    since: float
    look_at: float
    looks: int = 0

    def put_off(self, now: float) -> None:
        """Look again later and later; but at the moment from which absence counts, if that comes first."""
        due, counts_at = now + min(FIRST_LOOK_S * 2**self.looks, LONGEST_LOOK_S), self.since + ABSENT_S
        self.look_at = counts_at if now < counts_at < due else due
        self.looks += 1


class UnknownOrders:
    """Settles what is unknown, or was left behind by a process that died. All waits are elapsed time, never the wall clock's."""

    def __init__(
        self,
        journal: Journal,
        client: OrderClient,
        sending: Sending,
        wanted: Wanted,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._client, self._sending, self._wanted = journal, client, sending, wanted
        self._account_id, self._elapsed = sending.account_id, elapsed
        self._suspects: dict[str, Suspect] = {}

    def settle(self) -> int:
        """Look up what is due; how many orders are not settled yet."""
        waiting = [order for order in self._journal.open_orders(self._account_id) if order.state in PATIENCE_S]
        self._forget_all_but({order.client_order_id for order in waiting})
        left = 0
        for order in waiting:
            suspect = self._suspect(order)
            left += not (self._elapsed() >= suspect.look_at and self._settle(order, suspect))
        return left

    def _suspect(self, order: Order) -> Suspect:
        """What is known of an order; anew if somebody has moved it meanwhile."""
        known, seen_as = self._suspects.get(order.client_order_id), (order.state, order.updated_at)
        if known is None or known.seen_as != seen_as:
            now = self._elapsed()
            wait_s = RATE_LIMIT_S if order.state == INTENT and order.reason else PATIENCE_S[order.state]
            known = self._suspects[order.client_order_id] = Suspect(seen_as, now, now + wait_s)
        return known

    def _forget_all_but(self, client_order_ids: set[str]) -> None:
        self._suspects = {key: known for key, known in self._suspects.items() if key in client_order_ids}

    def _settle(self, order: Order, suspect: Suspect) -> bool:
        crash_point("settle_before_look_up")
        found = self._client.look_up(order.client_order_id)
        crash_point("settle_after_look_up")
        if isinstance(found, Accepted):
            with self._journal.writing() as rows:
                take_order(rows, self._account_id, found.order)
                crash_point("settle_before_adopt_commit")
            crash_point("settle_after_adopt_commit")
            return True
        asked_s = self._elapsed() - suspect.since
        if isinstance(found, Missing) and (asked_s >= ABSENT_S or order.state != UNKNOWN):
            return self._absent(order)
        suspect.put_off(self._elapsed())
        return False

    def _absent(self, order: Order) -> bool:
        """The broker definitely has no such order: once more, or never. Whether it is settled now."""
        with self._journal.writing() as rows:
            why_not = self._wanted(rows, order)
            state = NOT_PLACED if why_not else SENDING
            if not rows.claim(order.client_order_id, self._account_id, order.state, state):
                return False  # an update or another process was quicker: looked at again
            reason = f"The broker does not have this order. It was not placed. {why_not}" if why_not else ""
            rows.change_order(order.client_order_id, self._account_id, reason=reason)
            crash_point("settle_before_claim_commit")
        crash_point("settle_after_claim_commit")
        if why_not:
            log.warning("order not placed", **about(order), why=why_not)
            return True
        log.warning("order sent again under the same id", **about(order))
        return self._sending.post(order).state not in PATIENCE_S
