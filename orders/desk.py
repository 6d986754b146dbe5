"""The order desk: the only way from a ticket to the broker, for pages and command line alike.

One transaction holds the risk check, the reservation and the intent. Then one POST (`Sending`), which is never repeated from
here. What comes back is accepted, rejected or unknown; unknown is looked up once here and after that by the worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog

from broker.order_client import OrderClient
from domain.order import DONE, INTENT, Order, OrderType, Side, TimeInForce
from orders import risk
from orders.client_id import client_order_id
from orders.crash_point import crash_point
from orders.journal import Journal, JournalWriter
from orders.kill_switch import KillSwitch
from orders.risk import Situation
from orders.sending import Sending
from orders.ticket import Ticket, fields_of

log = structlog.get_logger()

Look = Callable[[JournalWriter, str, Ticket, str], Situation]
"""Gathers what the risk check looks at, inside the transaction; the texts are the account and the session of the caller."""

NOTHING_TO_CLOSE: Final = "There is nothing to close: the position is flat."


@dataclass(frozen=True, slots=True)
class Cancel:
    """What became of a request to cancel: empty `problem` if the broker took it."""

    client_order_id: str
    problem: str


class OrderDesk:
    """Submits and cancels for one account. Calls may block for up to 12 s: not for an event loop."""

    def __init__(self, account_id: str, journal: Journal, client: OrderClient, kill: KillSwitch, look: Look) -> None:
        self.account_id = account_id
        self._journal, self._client, self._look = journal, client, look
        self._sending = Sending(account_id, journal, client, kill)

    def submit(self, ticket: Ticket, session: str) -> Order:
        """Send a ticket once, or not at all; the order as it stands then. The same ticket again is the same order."""
        order, to_send, is_exit = self._intend(ticket, session)
        return self._sending.send(order, is_exit) if to_send else order

    def cancel(self, order_id: str) -> Cancel:
        """Ask the broker to cancel an order, named by its client order id. Always let through."""
        order = self._journal.order(order_id)
        if order is None or order.account_id != self.account_id:
            return Cancel(order_id, "There is no such order.")
        if order.state in DONE:
            return Cancel(order_id, f"The order is {order.state} already.")
        if not order.order_id:
            return Cancel(order_id, "The broker has not confirmed the order yet; try again in a moment.")
        crash_point("before_cancel")
        problem = self._client.cancel(order.order_id)
        crash_point("after_cancel")
        log.info("cancel requested", client_order_id=order_id, problem=problem)
        return Cancel(order_id, problem)

    def cancel_all(self) -> list[Cancel]:
        """Ask for a cancel of every open order of the account."""
        return [self.cancel(order.client_order_id) for order in self._journal.open_orders(self.account_id)]

    def close(self, symbol: str, nonce: str, session: str) -> Order | str:
        """Send the market order that makes a position flat; a text if there is nothing to send."""
        position = self._journal.positions(self.account_id).get(symbol)
        if position is None or not position.qty:
            return NOTHING_TO_CLOSE
        side = Side.SELL if position.qty > 0 else Side.BUY
        ticket = Ticket(symbol, side, abs(position.qty), OrderType.MARKET, TimeInForce.DAY, None, nonce)
        return self.submit(ticket, session)

    def flatten(self, nonce: str, session: str, cancel_wait_s: float = 2.0) -> list[Order | str]:
        """Cancel every open order, wait until they are gone (or the time is over), and close every position."""
        self.cancel_all()
        deadline = time.monotonic() + cancel_wait_s
        while self._journal.open_orders(self.account_id) and time.monotonic() < deadline:
            time.sleep(0.02)
        held = [position.symbol for position in self._journal.positions(self.account_id).values() if position.qty]
        return [self.close(symbol, f"{nonce}-{symbol}".replace(".", "-"), session) for symbol in held]

    def _intend(self, ticket: Ticket, session: str) -> tuple[Order, bool, bool]:
        """Check, reserve and write down, all in one; the order, whether it is to be sent now, and whether it is an exit."""
        order = self._order_of(ticket)
        with self._journal.writing() as rows:
            known = rows.order(order.client_order_id)
            if known is not None:
                return known, False, False
            now = self._look(rows, self.account_id, ticket, session)
            denials, spared = risk.check(ticket, now), risk.spared(ticket, now)
            state, reason = risk.verdict(denials, now)
            order = replace(order, state=state, reason=reason)
            rows.add_intent(order, session, fields_of(ticket), risk.as_rows(denials), risk.reserved(ticket, now))
            if spared and not denials:
                codes = [denial.code for denial in spared]
                rows.audit(self.account_id, "exit_let_through", order=order.client_order_id, spared=codes)
            crash_point("before_intent_commit")
        crash_point("after_intent_commit")
        log.info(
            "order", client_order_id=order.client_order_id, state=order.state, symbol=order.symbol, reason=order.reason
        )
        return order, order.state == INTENT, risk.is_exit(ticket, now)

    def _order_of(self, ticket: Ticket) -> Order:
        return Order(
            client_order_id(self.account_id, ticket),
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
