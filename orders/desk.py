"""The order desk: the only way from a ticket to the broker, for pages and command line alike.

One transaction holds the risk check, the reservation and the intent. Then one POST (`Sending`), which is never repeated from
here. What comes back is accepted, rejected or unknown; unknown is looked up once here and after that by the worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import structlog

from broker.order_client import OrderClient
from domain.order import INTENT, Order, Side
from orders import risk
from orders.canceling import Cancel, Canceling
from orders.client_id import client_order_id
from orders.closing import CANCEL_WAIT_S, Closing
from orders.crash_point import crash_point
from orders.journal import Journal, JournalWriter
from orders.kill_switch import KillSwitch
from orders.order_log import about
from orders.replacing import Replacement, conflict, read_replacement, sight, why_not
from orders.risk import Situation
from orders.sending import Sending
from orders.ticket import Errors, Ticket, fields_of
from orders.turns import Turn, Turns

log = structlog.get_logger()

Look = Callable[[JournalWriter, str, Ticket, str], Situation]
"""Gathers what the risk check looks at, inside the transaction; the texts are the account and the session of the caller."""

NO_SUCH_ORDER: Final = "There is no such order."


class OrderDesk:
    """Submits and cancels for one account. Calls may block for up to 12 s: not for an event loop."""

    def __init__(
        self,
        account_id: str,
        journal: Journal,
        client: OrderClient,
        kill: KillSwitch,
        look: Look,
        turns: Turns | None = None,
    ) -> None:
        """`turns` are those of the process, for all the desks in it; without, the desk has its own."""
        self.account_id = account_id
        self._journal, self._look, self._turns = journal, look, turns or Turns()
        self._sending = Sending(account_id, journal, client, kill)
        self._canceling = Canceling(account_id, journal, client)
        self._closing = Closing(account_id, journal, self._canceling, self._submit_as)

    def submit(self, ticket: Ticket, session: str) -> Order:
        """Send a ticket once, or not at all; the order as it stands then. The same ticket again is the same order."""
        return self._submit_as(ticket, session, client_order_id(self.account_id, ticket))

    def replace(self, order_id: str, values: Any, session: str) -> Order | Errors:
        """Put another order in the place of one, named by its client order id; the new order as it stands then.

        `values` are untrusted: `qty`, `limit_price`, `stop_price`, `trail` (what is blank stays) and a `nonce`. Errors come by
        field, `order` for what is wrong with the order itself.
        """
        old = self._journal.order(order_id)
        if old is None or old.account_id != self.account_id:
            return {"order": NO_SUCH_ORDER}
        found = read_replacement(old, values)
        if not isinstance(found, Replacement):
            return found
        order = found.order_like(self._order_of(found.ticket, client_order_id(self.account_id, found.ticket)))
        problem = "" if self._journal.order(order.client_order_id) else why_not(old)
        return {"order": problem} if problem else self._submit(found.ticket, session, order, found)

    def cancel(self, order_id: str) -> Cancel:
        """Ask the broker to cancel an order, named by its client order id. Always let through."""
        return self._canceling.cancel(order_id)

    def cancel_all(self) -> list[Cancel]:
        """Ask for a cancel of every open order of the account."""
        return self._canceling.cancel_all()

    def cancel_side(self, side: Side) -> list[Cancel]:
        """Ask for a cancel of every open order of a side."""
        return self._canceling.cancel_side(side)

    def close(self, symbol: str, nonce: str, session: str, fraction: Decimal = Decimal(1)) -> Order | str:
        """Send the market order that closes a part (0 to 1) of a position; a text if there is nothing to send.

        Exits that hold the shares are canceled first. The same wish again is the same order.
        """
        return self._closing.close(symbol, nonce, session, fraction)

    def reverse(self, symbol: str, nonce: str, session: str) -> list[Order | str]:
        """Close a position and open as much on the other side; texts for what was not sent."""
        return self._closing.reverse(symbol, nonce, session)

    def flatten(self, nonce: str, session: str, cancel_wait_s: float = CANCEL_WAIT_S) -> list[Order | str]:
        """Cancel every open order, wait until they are gone (or the time is over), and close every position."""
        return self._closing.flatten(nonce, session, cancel_wait_s)

    def _submit_as(self, ticket: Ticket, session: str, order_id: str) -> Order:
        return self._submit(ticket, session, self._order_of(ticket, order_id))

    def _submit(self, ticket: Ticket, session: str, order: Order, replacement: Replacement | None = None) -> Order:
        with self._turns.turn() as turn:
            order, to_send, is_exit = self._intend(ticket, session, order, replacement, turn)
            return self._sending.send(order, is_exit) if to_send else order

    def _intend(
        self, ticket: Ticket, session: str, order: Order, replacement: Replacement | None, turn: Turn
    ) -> tuple[Order, bool, bool]:
        """Check, reserve and write down, all in one; the order, whether it is to be sent now, and whether it is an exit."""
        with self._journal.writing() as rows:
            known = rows.order(order.client_order_id)
            if known is not None:
                return known, False, False
            now = replace(self._look(rows, self.account_id, ticket, session), under_way=turn.ahead)
            now = sight(replacement, now) if replacement else now
            denials, spared = risk.check(ticket, now), risk.spared(ticket, now)
            denials = conflict(rows, replacement.old) + denials if replacement else denials
            state, reason = risk.verdict(denials, now)
            order = replace(order, state=state, reason=reason)
            rows.add_intent(order, session, fields_of(ticket), risk.as_rows(denials), risk.reserved(ticket, now))
            if spared and not denials:
                codes = [denial.code for denial in spared]
                rows.audit(self.account_id, "exit_let_through", order=order.client_order_id, spared=codes)
            if state == INTENT:
                turn.take()  # within the transaction: no other exit is counted meanwhile
            crash_point("before_intent_commit")
        crash_point("after_intent_commit")
        log.info("order", **about(order), state=order.state, reason=order.reason)
        return order, order.state == INTENT, risk.is_exit(ticket, now)

    def _order_of(self, ticket: Ticket, order_id: str) -> Order:
        return Order(
            order_id,
            self.account_id,
            ticket.symbol,
            ticket.side,
            ticket.type.value,
            ticket.qty,
            ticket.time_in_force.value,
            ticket.limit_price,
            ticket.stop_price,
            created_at=time.time_ns(),
            notional=ticket.notional,
            trail_price=ticket.trail_price,
            trail_percent=ticket.trail_percent,
            extended_hours=ticket.extended_hours,
            order_class=ticket.order_class.value,
            take_profit_price=ticket.take_profit_price,
            stop_loss_price=ticket.stop_loss_price,
            stop_loss_limit_price=ticket.stop_loss_limit_price,
        )
