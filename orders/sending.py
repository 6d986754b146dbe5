"""Sending: an order that is written down becomes one POST, and what came of it is written down too.

`sending` is committed before the POST, so that whoever finds the order later knows that the broker may have it. The POST is
never repeated from here. What is not a definite answer is looked up once, and is unknown after that.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from broker.order_client import Accepted, Duplicate, NotTaken, OrderClient, Outcome, Rejected, Unclear
from domain.order import DENIED, INTENT, REJECTED, SENDING, UNKNOWN, Order
from orders import breaker
from orders.crash_point import crash_point
from orders.journal import Journal, JournalBusyError, JournalWriter
from orders.kill_switch import KillSwitch
from orders.order_log import about
from orders.updates import take_order

log = structlog.get_logger()


class Sending:
    """Sends for one account. Calls may block for up to 12 s: not for an event loop."""

    def __init__(self, account_id: str, journal: Journal, client: OrderClient, kill: KillSwitch) -> None:
        self.account_id = account_id
        self._journal, self._client, self._kill = journal, client, kill

    def send(self, order: Order, is_exit: bool) -> Order:
        """Send an intent, once; the order as it stands then. Exits pass the kill switch."""
        with self._journal.writing() as rows:
            mine = rows.claim(order.client_order_id, self.account_id, INTENT, SENDING)
        crash_point("after_claim_commit")
        if not mine:  # this process stood still for so long that the worker has settled the intent
            return self._now(order)
        return self.post(order, is_exit)

    def post(self, order: Order, is_exit: bool = False) -> Order:
        """The one POST of an order that is claimed: `sending` is in the journal, by this caller's hand."""
        stopped_by = "" if is_exit else self._kill.on_by()
        if stopped_by:
            return self._end(order, DENIED, f"The kill switch is on ({stopped_by}).")
        if self._now(order).state != SENDING:  # this process stood still, and somebody settled the order meanwhile
            return self._now(order)
        log.info("order", **about(order), state=SENDING)
        crash_point("before_post")
        outcome = self._client.submit(order)
        crash_point("after_post")
        if isinstance(outcome, Duplicate | Unclear):
            outcome = self._look_up(order, outcome)
        try:
            return self._write_down(order, outcome)
        except JournalBusyError as error:
            log.error("order was sent, journal cannot be written", **about(order))
            return replace(order, state=UNKNOWN, reason=f"{error} The order was sent; do not send it again.")

    def _look_up(self, order: Order, first: Duplicate | Unclear) -> Accepted | Unclear:
        """One look; not found right after an unclear answer proves nothing, so that stays unclear."""
        found = self._client.look_up(order.client_order_id)
        crash_point("after_look_up")
        if isinstance(found, Accepted):
            return found
        reason = first.reason if isinstance(first, Unclear) else "The broker says that it has the order already."
        return found if isinstance(found, Unclear) and not isinstance(first, Unclear) else Unclear(reason)

    def _write_down(self, order: Order, outcome: Outcome) -> Order:
        if isinstance(outcome, Rejected):
            return self._end(order, REJECTED, outcome.reason, outcome)
        if isinstance(outcome, NotTaken):
            return self._end(
                order, INTENT, f"{outcome.reason} It is sent in a moment, if it is still wanted then.", outcome
            )
        if isinstance(outcome, Unclear):
            return self._end(order, UNKNOWN, f"{outcome.reason} Looking the order up; do not send it again.", outcome)
        if isinstance(outcome, Accepted):
            with self._journal.writing() as rows:
                self._count(rows, order, outcome)
                take_order(rows, self.account_id, outcome.order)
                crash_point("before_answer_commit")
            crash_point("after_answer_commit")
        return self._now(order)

    def _end(self, order: Order, state: str, reason: str, outcome: Outcome | None = None) -> Order:
        """Put an order that is being sent into a state, unless the stream has told more of it meanwhile."""
        with self._journal.writing() as rows:
            if outcome is not None:
                self._count(rows, order, outcome)
            if rows.claim(order.client_order_id, self.account_id, SENDING, state):
                rows.change_order(order.client_order_id, self.account_id, reason=reason)
            crash_point("before_outcome_commit")
        crash_point("after_outcome_commit")
        log.info("order", **about(order), state=state, reason=reason)
        return self._now(order)

    def _count(self, rows: JournalWriter, order: Order, outcome: Outcome) -> None:
        """For the breaker; not where the stream has told of the rejection before the answer did: that was counted then."""
        now = rows.order(order.client_order_id)
        if now is None or now.state != REJECTED:
            breaker.count(rows, self.account_id, outcome, order.client_order_id)

    def _now(self, order: Order) -> Order:
        return self._journal.order(order.client_order_id) or order
