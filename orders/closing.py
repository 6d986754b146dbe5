"""Closing: a position made smaller, flat or its opposite at the market. Exits that hold its shares are canceled first, and so
are orders of the other side that the broker would refuse a market order beside (`orders.wash`).

How much is sent is reckoned when it is sent, so each of these orders has an id of its own: the wish twice is one order.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Final

from domain.feed import Feed, feed_of
from domain.order import DONE, UNSETTLED, Order, OrderType, Side, TimeInForce
from domain.position import Position
from orders.canceling import Canceling, of_side, one_of_each_group
from orders.client_id import derived_id
from orders.groups import groups_of
from orders.journal import Journal
from orders.ticket import Ticket
from orders.unbooked import expected
from orders.wash import in_the_way

NOTHING_TO_CLOSE: Final = "There is nothing to close: the position is flat."
STILL_HELD: Final = "Orders that would close {symbol} too are not canceled yet. Try again in a moment."
NOT_FLAT: Final = "{symbol} is not flat yet, so the other side was not sent."
NO_SHORT: Final = "{symbol} cannot be sold short."

SMALLEST: Final = Decimal("0.000000001")
"""The smallest part of a share or a coin. Source: "Fractional Trading", "Crypto Spot Trading"."""

LOOK_AGAIN_S: Final = 0.02
CANCEL_WAIT_S: Final = 2.0
FLAT_WAIT_S: Final = 3.0
"""What waits longer is told as it stands: a click is answered in time."""

Submit = Callable[[Ticket, str, str], Order]
"""Sends a ticket for a session under a client order id."""

Result = Order | str
"""An order, or why there is none."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Closes for one account. Calls block until what they wait for has happened, or is overdue."""

    account_id: str
    journal: Journal
    canceling: Canceling
    submit: Submit

    def close(self, symbol: str, nonce: str, session: str, fraction: Decimal = Decimal(1)) -> Result:
        """Send the market order that closes a part (0 to 1) of a position; a text if there is nothing to send."""
        client_order_id = derived_id(self.account_id, "close", nonce, symbol, str(fraction.normalize()))
        known = self.journal.order(client_order_id)
        if known is not None:
            return known
        held = self._held(symbol)
        if not held:
            return NOTHING_TO_CLOSE
        if self._clear_the_way(symbol, closing_side(held), client_order_id):
            held = self._held(symbol) or held  # one may have been filled instead
        qty = part_of(held, fraction, feed_of(symbol) is Feed.CRYPTO)
        if not self._make_free(symbol, qty):
            return STILL_HELD.format(symbol=symbol)
        now = self._held(symbol)  # an exit may have been filled before it was canceled
        if now * held <= 0:
            return NOTHING_TO_CLOSE
        ticket = market_ticket(symbol, closing_side(now), min(qty, abs(now)), nonce)
        return self.submit(ticket, session, client_order_id)

    def flatten(self, nonce: str, session: str, cancel_wait_s: float = CANCEL_WAIT_S) -> list[Result]:
        """Cancel every open order, wait until they are gone (or the time is over), and close every position."""
        self.canceling.cancel_all()
        self._wait(lambda: not self.journal.open_orders(self.account_id), cancel_wait_s)
        held = [position.symbol for position in self.journal.positions(self.account_id).values() if position.qty]
        return [self.close(symbol, nonce, session) for symbol in held]

    def reverse(self, symbol: str, nonce: str, session: str) -> list[Result]:
        """Close a position, wait until it is flat, and open as much on the other side; where that cannot be, it stays flat."""
        opening_id = derived_id(self.account_id, "reverse", nonce, symbol)
        closed = self.close(symbol, nonce, session)
        if not isinstance(closed, Order):
            return [closed]
        known = self.journal.order(opening_id)
        if known is not None:
            return [closed, known]
        qty = closed.qty.to_integral_value(ROUND_DOWN) if closed.side is Side.SELL else closed.qty
        if not qty or (closed.side is Side.SELL and feed_of(symbol) is Feed.CRYPTO):
            return [closed, NO_SHORT.format(symbol=symbol)]
        if not self._is_flat_after(closed):
            return [closed, NOT_FLAT.format(symbol=symbol)]
        other_side = market_ticket(symbol, closed.side, qty, nonce)
        return [closed, self.submit(other_side, f"{session}, reverse", opening_id)]  # no slip of a finger: meant twice

    def _clear_the_way(self, symbol: str, side: Side, client_order_id: str) -> bool:
        """Cancel the orders that would get an order of `side` refused; whether there were any.

        Those that are not gone in time are not waited for: the broker has the word, and nobody is held in a position.
        """
        found = in_the_way(self.journal.open_orders(self.account_id), symbol, side)
        if not found:
            return False
        names = [order.client_order_id for order in found]
        with self.journal.writing() as rows:
            rows.audit(self.account_id, "close_cancels", order=client_order_id, symbol=symbol, canceled=names)
        asked = {cancel.client_order_id for cancel in map(self.canceling.cancel, names) if not cancel.problem}
        self._wait(lambda: not asked & self._open_names(), CANCEL_WAIT_S)
        return True

    def _open_names(self) -> set[str]:
        return {order.client_order_id for order in self.journal.open_orders(self.account_id)}

    def _make_free(self, symbol: str, qty: Decimal) -> bool:
        """Cancel exits, the oldest first, until they leave `qty` of a position free; whether that is so now."""
        needed, deadline = qty - self._free(symbol), time.monotonic() + CANCEL_WAIT_S
        for exits in self._exits(symbol):
            if needed <= 0 or time.monotonic() > deadline:
                break
            if exits[0].type != OrderType.MARKET:  # that one closes the position itself
                self.canceling.cancel(one_of_each_group(exits)[0].client_order_id)
                needed -= _most(exits)
        return self._wait(lambda: self._free(symbol) >= min(qty, abs(self._held(symbol))), CANCEL_WAIT_S)

    def _free(self, symbol: str) -> Decimal:
        return abs(self._held(symbol)) - sum((_most(each) for each in self._exits(symbol)), Decimal(0))

    def _exits(self, symbol: str) -> list[list[Order]]:
        """Open orders that close a position, oldest first, those together that hang together: one fill ends the others."""
        orders = [order for order in self.journal.open_orders(self.account_id) if order.symbol == symbol]
        side = closing_side(self._held(symbol))
        exits = {order.client_order_id for order in of_side(orders, side)}
        groups = ([each for each in group if each.client_order_id in exits] for group in groups_of(orders).values())
        return [group for group in groups if group]

    def _held(self, symbol: str) -> Decimal:
        """The signed position, with what is told as filled and not booked yet."""
        booked = self.journal.positions(self.account_id).get(symbol, Position(self.account_id, symbol))
        return expected(self.journal, self.account_id, booked).qty

    def _is_flat_after(self, closed: Order) -> bool:
        """Whether the order that closes a position has done so, or does within a moment."""
        if closed.state in UNSETTLED | DONE - {"filled"}:
            return False
        return self._wait(lambda: self._is_done(closed) and not self._held(closed.symbol), FLAT_WAIT_S)

    def _is_done(self, order: Order) -> bool:
        return (self.journal.order(order.client_order_id) or order).state in DONE

    def _wait(self, fact: Callable[[], bool], limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while not fact():
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_AGAIN_S)
        return True


def closing_side(held: Decimal) -> Side:
    """The side that makes a position smaller."""
    return Side.SELL if held > 0 else Side.BUY


def part_of(held: Decimal, fraction: Decimal, is_coin: bool = False) -> Decimal:
    """The quantity of a part of a position, not signed: whole shares of whole shares, at least one."""
    qty = abs(held) * fraction
    if held == held.to_integral_value() and not is_coin:
        return qty.to_integral_value(ROUND_UP)
    return max(qty.quantize(SMALLEST, ROUND_DOWN), SMALLEST)


def market_ticket(symbol: str, side: Side, qty: Decimal, nonce: str) -> Ticket:
    """A market order; one for a coin is good till canceled, which is the only way to send it."""
    time_in_force = TimeInForce.GTC if feed_of(symbol) is Feed.CRYPTO else TimeInForce.DAY
    return Ticket(symbol, side, qty, OrderType.MARKET, time_in_force, None, nonce)


def _most(group: list[Order]) -> Decimal:
    return max(order.remaining for order in group)
