"""The risk check: every reason against an order, at once, each with its numbers. It knows nothing of databases and sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.account import AccountState
from domain.order import Order, OrderType, Side
from domain.position import Position
from domain.risk_limits import RiskLimits
from orders.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason. `text` is for people and says the numbers."""

    code: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Plain types."""
        return {"code": self.code, "text": self.text}


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the check looks at, as of one moment. Prices are 0 where there is none."""

    limits: RiskLimits
    position: Position
    open_orders: list[Order]
    bid: Decimal
    ask: Decimal
    last: Decimal
    data_fresh: bool
    data_age: str
    market_open: bool
    reconciled: bool
    account: AccountState | None
    equity: Decimal
    killed_by: str
    same_ticket_ms_ago: float | None

    def far_price(self, side: Side) -> Decimal:
        """What an order at the market would pay or get; the last trade where there is no quote."""
        return (self.ask if side is Side.BUY else self.bid) or self.last


def check(ticket: Ticket, now: Situation) -> list[Denial]:
    """All denials of a ticket; none means that it may be sent. Exits are never locked: they skip most of the limits."""
    reasons = [*_always(ticket, now)]
    if not is_exit(ticket, now):
        reasons += [*_entry(ticket, now)]
    return reasons


def spared(ticket: Ticket, now: Situation) -> list[Denial]:
    """What an exit was let through in spite of."""
    return [*_entry(ticket, now)] if is_exit(ticket, now) else []


def is_exit(ticket: Ticket, now: Situation) -> bool:
    """Whether the order can only make the position smaller, whatever else is filled before it."""
    held = now.position.qty
    if held == 0 or (held > 0) == (ticket.side is Side.BUY):
        return False
    exits = (order for order in now.open_orders if order.symbol == ticket.symbol and order.side is ticket.side)
    return ticket.qty + sum((order.remaining for order in exits), Decimal(0)) <= abs(held)


def reserved(ticket: Ticket, now: Situation) -> Decimal:
    """The worst case of an order in USD: its limit, or the market with the collar on top."""
    if ticket.limit_price is None:
        return ticket.qty * now.far_price(ticket.side) * (1 + now.limits.price_collar_pct)
    return ticket.qty * _worst_price(ticket, now)


def _worst_price(ticket: Ticket, now: Situation) -> Decimal:
    """The most that a share may come to: a sale below the market is filled at the market."""
    far = now.far_price(ticket.side)
    if ticket.limit_price is None:
        return far
    return max(ticket.limit_price, far) if ticket.side is Side.SELL else ticket.limit_price


def _always(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    if not now.reconciled:
        yield Denial("NOT_RECONCILED", "Orders and positions are not compared with the broker yet. Wait a moment.")
    if not now.market_open:
        yield Denial("MARKET_CLOSED", "The market is closed.")
    if now.account is not None and (now.account.trading_blocked or now.account.account_blocked):
        yield Denial("TRADING_BLOCKED", "The broker has blocked this account.")
    ago, least = now.same_ticket_ms_ago, now.limits.duplicate_within_ms
    if ago is not None and abs(ago) < least:  # below 0 where this machine's clock was set back in between
        text = f"The same ticket was sent {abs(ago):.0f} ms ago, limit {least} ms."
        yield Denial("DUPLICATE_TICKET", text)


def _entry(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    if now.killed_by:
        yield Denial("KILL_SWITCH", f"The kill switch is on ({now.killed_by}).")
    if not now.data_fresh:
        yield Denial("STALE_DATA", f"The last data is {now.data_age} old. Unlocks by itself when data is fresh.")
    if ticket.qty > now.limits.max_order_qty:
        yield Denial("MAX_ORDER_QTY", f"Quantity {ticket.qty:,} is over {now.limits.max_order_qty:,}.")
    if not now.far_price(ticket.side):
        yield Denial("NO_PRICE", f"There is no price of {ticket.symbol} to check the order against.")
        return
    yield from _money(ticket, now)


def _money(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    price = _worst_price(ticket, now)
    value = ticket.qty * price
    if value > now.limits.max_order_value:
        yield Denial("MAX_ORDER_VALUE", f"Order value {value:,.2f} is over {now.limits.max_order_value:,.2f}.")
    yield from _collar(ticket, now)
    yield from _position(ticket, now, price)


def _collar(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    if ticket.type is not OrderType.LIMIT or ticket.limit_price is None:
        return
    far, pct = now.far_price(ticket.side), now.limits.price_collar_pct
    worse = (ticket.limit_price - far) * ticket.side.sign
    if worse > far * pct:
        yield Denial(
            "PRICE_COLLAR", f"Limit {ticket.limit_price:,.2f} is more than {pct:.1%} beyond the market at {far:,.2f}."
        )


def _position(ticket: Ticket, now: Situation, price: Decimal) -> Iterator[Denial]:
    same_side = (order for order in now.open_orders if order.symbol == ticket.symbol and order.side is ticket.side)
    waiting = sum((order.remaining for order in same_side), Decimal(0))
    worst = abs(now.position.qty + ticket.side.sign * (waiting + ticket.qty)) * price
    most = now.equity * now.limits.max_position_pct
    if worst > most:
        pct = now.limits.max_position_pct
        yield Denial("MAX_POSITION", f"The position could become {worst:,.2f}, over {pct:.0%} of equity, {most:,.2f}.")


def told(denials: list[Denial]) -> str:
    """All reasons in one text."""
    return " ".join(denial.text for denial in denials)


def as_rows(denials: list[Denial]) -> list[Any]:
    """All reasons as plain types."""
    return [denial.to_json() for denial in denials]
