"""The flattening: closes every position once when the kill switch is turned on, whoever dies in between.

What is to be sent is planned in one transaction and written down before anything is sent. The same plan makes the same client
order ids, so that whoever goes on with it after a crash cannot send twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Protocol

import structlog

from domain.feed import Feed, feed_of
from domain.order import DONE, Order, OrderType, Side, TimeInForce
from orders.journal import Journal
from orders.ticket import Ticket
from orders.unbooked import unbooked

NAME: Final = "kill_flattening"
SESSION: Final = "kill switch"

ROUNDS: Final = 3
"""What a round leaves (rejected, denied, killed on its way) is tried again so often in all; then a person is needed."""

CANCELS_WAIT_S: Final = 5.0
"""Open orders are being canceled meanwhile; those that have not gone by then are not waited for."""

log = structlog.get_logger()


class Submits(Protocol):
    """An order desk."""

    def submit(self, ticket: Ticket, session: str) -> Order:
        """Send a ticket once, or not at all. The same ticket again is the same order."""


class Flattening:
    """Goes one step at each call. Blocks while it sends. `reconciled` says whether the positions are known for certain."""

    def __init__(
        self,
        journal: Journal,
        account_id: str,
        desk: Submits,
        reconciled: Callable[[], bool],
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal, self._account_id, self._desk, self._reconciled = journal, account_id, desk, reconciled
        self._elapsed = elapsed
        self._since: tuple[tuple[int, int], float] = ((0, 0), 0.0)

    def step(self, activation: int) -> None:
        """Plan, send, or look whether more is needed; nothing once the activation has been dealt with."""
        plan = self._plan(activation)
        if plan["done"] or not self._reconciled():
            return
        if not plan["orders"]:
            if self._may_plan(plan):
                self._next_round(plan)
            return
        sent = [self._desk.submit(_ticket(plan, *row), SESSION) for row in plan["orders"]]
        if all(self._is_over(order) for order in sent) and self._may_plan(plan):
            self._next_round(plan)

    def _is_over(self, order: Order) -> bool:
        return order.state in DONE and not unbooked(self._journal, self._account_id, order.symbol)

    def _plan(self, activation: int) -> dict[str, Any]:
        stored: dict[str, Any] | None = self._journal.state(self._account_id, NAME)
        if stored and stored["activation"] == activation:
            return stored
        return {"activation": activation, "round": 0, "orders": [], "done": False}

    def _may_plan(self, plan: dict[str, Any]) -> bool:
        """What is being canceled could still fill, and the broker sells nothing beside an order that buys: each round waits."""
        this = plan["activation"], plan["round"]
        if self._since[0] != this:
            self._since = this, self._elapsed()
        waited_s = self._elapsed() - self._since[1]
        return waited_s >= CANCELS_WAIT_S or not self._journal.open_orders(self._account_id)

    def _next_round(self, plan: dict[str, Any]) -> None:
        with self._journal.writing() as rows:
            held = {symbol: row.qty for symbol, row in rows.positions(self._account_id).items() if row.qty}
            done = not held or plan["round"] >= ROUNDS
            orders = [] if done else [[symbol, str(qty)] for symbol, qty in sorted(held.items())]
            now = {**plan, "round": plan["round"] + 1, "orders": orders, "done": done}
            rows.put_state(self._account_id, NAME, now)
            left = {symbol: str(qty) for symbol, qty in held.items()}
            rows.audit(self._account_id, NAME, activation=now["activation"], round=now["round"], done=done, left=left)
        if done and held:
            log.error("positions could not be closed", left=left)
        elif not done:
            log.warning("kill switch closes positions", orders=orders, round=now["round"])


def _ticket(plan: dict[str, Any], symbol: str, held: str) -> Ticket:
    """The order that makes a position flat. Coins know no day."""
    qty = Decimal(held)
    side = Side.SELL if qty > 0 else Side.BUY
    tif = TimeInForce.GTC if feed_of(symbol) is Feed.CRYPTO else TimeInForce.DAY
    nonce = f"kill-{plan['activation']}-{plan['round']}-" + re.sub(r"[^A-Za-z0-9]", "-", symbol)
    return Ticket(symbol, side, abs(qty), OrderType.MARKET, tif, None, nonce)
