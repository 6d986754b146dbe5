"""The risk check: every reason against an order, at once, each with its numbers. It knows nothing of databases and sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from domain.account import AccountState
from domain.breaker import CLOSED, ORDER_FAILURES, STREAM_FAILURES, BreakerStatus
from domain.feed import Feed, feed_of, shares_a_unit
from domain.order import DENIED, INTENT, NOT_PLACED, Order, OrderType, Side, TimeInForce
from domain.phase import Phase
from domain.position import Position
from domain.risk_limits import RiskLimits
from orders.exposure import (
    WITH_ENTRY,
    most_shares,
    order_value,
    reserved_value,
    waiting_shares,
    worst_price,
)
from orders.ticket import Ticket
from orders.turns import MOST, MOST_WITH_EXITS

DRY_RUN: Final = "DRY_RUN is on: the order was checked and written down, and not sent."


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
    """Everything that the check looks at, as of one moment. Prices are 0 where there is none.

    `trades_today` counts the orders with a fill in the market's day, and those that may still get one. `gate_shut` is why
    nothing may be sent to where orders go, `killed_by` who holds the kill switch on; both are empty if nothing is in the way.
    `unbooked` are the shares, signed, of fills that are on their way to the position, `under_way` the orders of this process
    that wait for the broker's answer.
    """

    limits: RiskLimits
    position: Position
    open_orders: list[Order]
    bid: Decimal
    ask: Decimal
    last: Decimal
    data_fresh: bool
    data_age: str
    phase: Phase
    reconciled: bool
    account: AccountState | None
    equity: Decimal
    killed_by: str
    same_ticket_ms_ago: float | None
    trades_today: int = 0
    breaker: BreakerStatus = CLOSED
    stream_breaker: BreakerStatus = CLOSED
    gate_shut: str = ""
    dry_run: bool = False
    unbooked: Decimal = Decimal(0)
    under_way: int = 0

    @property
    def loss_today(self) -> Decimal:
        """USD lost since yesterday's close, 0 after a gain. An account without a yesterday has lost nothing yet."""
        began_with = self.account.last_equity if self.account else Decimal(0)
        return max(began_with - self.equity, Decimal(0))

    @property
    def most_loss_today(self) -> Decimal:
        """USD that may be lost in a day."""
        return (self.account.last_equity if self.account else Decimal(0)) * self.limits.max_daily_loss_pct

    @property
    def most_position(self) -> Decimal:
        """USD that a position may be worth."""
        return self.equity * self.limits.max_position_pct

    def far_price(self, side: Side) -> Decimal:
        """What an order at the market would pay or get; the last trade where there is no quote."""
        return (self.ask if side is Side.BUY else self.bid) or self.last


def check(ticket: Ticket, now: Situation) -> list[Denial]:
    """All denials of a ticket; none means that it may be sent. Exits are never locked: they skip most of the limits."""
    reasons = [*_always(ticket, now)]
    if not is_exit(ticket, now):
        reasons += [*_entry(ticket, now)]
    return reasons


def verdict(denials: list[Denial], now: Situation) -> tuple[str, str]:
    """The state that an order begins with, and why: it is to be sent, denied, or only rehearsed."""
    if denials:
        return DENIED, told(denials)
    return (NOT_PLACED, DRY_RUN) if now.dry_run else (INTENT, "")


def spared(ticket: Ticket, now: Situation) -> list[Denial]:
    """What an exit was let through in spite of."""
    return [*_entry(ticket, now)] if is_exit(ticket, now) else []


def is_exit(ticket: Ticket, now: Situation) -> bool:
    """Whether the order can only make the position smaller, whatever else is filled before it."""
    return all(_reduces(ticket, now, held) for held in _may_be_held(now))


def _reduces(ticket: Ticket, now: Situation, held: Decimal) -> bool:
    if held == 0 or (held > 0) == (ticket.side is Side.BUY) or ticket.order_class in WITH_ENTRY:
        return False
    return _shares(ticket, now) + _waiting(ticket, now) <= abs(held)


def _may_be_held(now: Situation) -> set[Decimal]:
    """The position as it is booked, and with the fills that are on their way."""
    return {now.position.qty, now.position.qty + now.unbooked}


def reserved(ticket: Ticket, now: Situation) -> Decimal:
    """The worst case of an order in USD, which is set aside for it."""
    return reserved_value(ticket, now.far_price(ticket.side), now.limits.price_collar_pct)


def _shares(ticket: Ticket, now: Situation) -> Decimal:
    return most_shares(ticket, now.far_price(ticket.side), now.limits.price_collar_pct)


def _waiting(ticket: Ticket, now: Situation) -> Decimal:
    far = now.far_price(ticket.side)
    return waiting_shares(now.open_orders, ticket.symbol, ticket.side, far, now.limits.price_collar_pct)


def _always(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    if now.gate_shut:
        yield Denial("LIVE_GATE", f"Nothing is sent there: {now.gate_shut}.")
    if not now.reconciled:
        yield Denial("NOT_RECONCILED", "Orders and positions are not compared with the broker yet. Wait a moment.")
    if _reduces(ticket, now, now.position.qty) and not is_exit(ticket, now):
        text = (
            f"Fills of {abs(now.unbooked):,} {ticket.symbol} are on their way: the position is smaller than it looks."
        )
        yield Denial("FILL_PENDING", f"{text} Wait a moment.")
    yield from _crowd(ticket, now)
    yield from _hours(ticket, now)
    if now.account is not None and (now.account.trading_blocked or now.account.account_blocked):
        yield Denial("TRADING_BLOCKED", "The broker has blocked this account.")
    ago, least = now.same_ticket_ms_ago, now.limits.duplicate_within_ms
    if ago is not None and abs(ago) < least:  # below 0 where this machine's clock was set back in between
        text = f"The same ticket was sent {abs(ago):.0f} ms ago, limit {least} ms."
        yield Denial("DUPLICATE_TICKET", text)


def _crowd(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    """Each holds a thread of its process until the broker answers; some are kept for exits, and the rest for reads and cancels."""
    most = MOST_WITH_EXITS if is_exit(ticket, now) else MOST
    if now.under_way >= most:
        text = f"{now.under_way} orders wait for an answer of the broker, limit {most}."
        yield Denial("TOO_MANY_UNDER_WAY", f"{text} This one was not sent. Cancels still go out.")


def _hours(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    """Coins trade always. An order for the opening auction is one for a market that is closed."""
    if feed_of(ticket.symbol) is Feed.CRYPTO:
        return
    if ticket.extended_hours and not now.limits.allow_extended_hours:
        yield Denial("EXTENDED_HOURS", "Orders for extended hours are off (ALLOW_EXTENDED_HOURS=false).")
    if now.phase is Phase.UNKNOWN:
        yield Denial("MARKET_CLOSED", "The market's hours are not known: its clock does not answer.")
    elif now.phase is Phase.CLOSED and ticket.time_in_force is not TimeInForce.OPG:
        yield Denial("MARKET_CLOSED", "The market is closed.")
    elif now.phase is Phase.EXTENDED and not ticket.extended_hours and ticket.time_in_force is not TimeInForce.OPG:
        yield Denial("MARKET_CLOSED", "The market is outside its regular hours.")


def _entry(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    yield from _switches(now)
    yield from _day(now)
    qty = _shares(ticket, now)
    if qty.is_finite() and qty > now.limits.max_order_qty:
        yield Denial("MAX_ORDER_QTY", f"Quantity {qty:,.9g} is over {now.limits.max_order_qty:,}.")
    if not now.far_price(ticket.side):
        yield Denial("NO_PRICE", f"There is no price of {ticket.symbol} to check the order against.")
        return
    value = order_value(ticket, now.far_price(ticket.side))
    if value > now.limits.max_order_value:
        yield Denial("MAX_ORDER_VALUE", f"Order value {value:,.2f} is over {now.limits.max_order_value:,.2f}.")
    yield from _collar(ticket, now)
    yield from _position(ticket, now)


def _switches(now: Situation) -> Iterator[Denial]:
    if now.killed_by:
        yield Denial("KILL_SWITCH", f"The kill switch is on ({now.killed_by}).")
    if now.breaker.is_open:
        text = f"{now.breaker.failures} orders in a row failed, limit {ORDER_FAILURES}; the last: {now.breaker.why}"
        yield Denial("CIRCUIT_BREAKER", f"{text} Reset the breaker when the cause is known.")
    if now.stream_breaker.is_open:
        text = f"{now.stream_breaker.failures} connections of the market data in a row failed, limit {STREAM_FAILURES}."
        yield Denial("STREAM_BREAKER", f"{text} Closes by itself when one holds.")
    if not now.data_fresh:
        yield Denial("STALE_DATA", f"The last data is {now.data_age} old. Unlocks by itself when data is fresh.")


def _day(now: Situation) -> Iterator[Denial]:
    if now.account is not None and now.loss_today and now.loss_today >= now.most_loss_today:
        loss, most, pct = now.loss_today, now.most_loss_today, now.limits.max_daily_loss_pct
        text = f"Today's loss is {loss:,.2f}, limit {most:,.2f} ({pct:.1%} of {now.account.last_equity:,.2f})."
        yield Denial("MAX_DAILY_LOSS", text)
    if now.trades_today >= now.limits.max_trades_per_day:
        text = f"{now.trades_today:,} orders of today are filled or may be, limit {now.limits.max_trades_per_day:,}."
        yield Denial("MAX_TRADES_PER_DAY", text)


def _collar(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    """How far a limit is beyond the market; beyond its own trigger, where it waits for one."""
    if ticket.type not in (OrderType.LIMIT, OrderType.STOP_LIMIT) or ticket.limit_price is None:
        return
    far, pct = now.far_price(ticket.side), now.limits.price_collar_pct
    if ticket.stop_price is not None:
        far = max(far, ticket.stop_price) if ticket.side is Side.BUY else min(far, ticket.stop_price)
    worse = (ticket.limit_price - far) * ticket.side.sign
    if worse > far * pct:
        yield Denial(
            "PRICE_COLLAR", f"Limit {ticket.limit_price:,.2f} is more than {pct:.1%} beyond the market at {far:,.2f}."
        )


def _position(ticket: Ticket, now: Situation) -> Iterator[Denial]:
    """The position after every order of this side is filled, at the market or at the order's own price if that is more."""
    far = now.far_price(ticket.side)
    held = max(qty * ticket.side.sign for qty in _may_be_held(now))
    shares = held + _waiting(ticket, now) + _shares(ticket, now)
    worst = shares * max(worst_price(ticket, far), far) * shares_a_unit(ticket.symbol)
    if worst > now.most_position:
        pct, most = now.limits.max_position_pct, now.most_position
        yield Denial("MAX_POSITION", f"The position could become {worst:,.2f}, over {pct:.0%} of equity, {most:,.2f}.")


def told(denials: list[Denial]) -> str:
    """All reasons in one text."""
    return " ".join(denial.text for denial in denials)


def as_rows(denials: list[Denial]) -> list[Any]:
    """All reasons as plain types."""
    return [denial.to_json() for denial in denials]
