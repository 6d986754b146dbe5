"""The situation: gathers for the risk check what cache, journal and limits say at this moment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from domain.account import AccountState
from domain.live_gate import LiveGate
from domain.order import Order
from domain.position import Position
from domain.risk_limits import RiskLimits
from domain.session import midnight, trading_day
from domain.status import BELIEVABLE, DeskStatus
from market_cache.reader import MarketReader
from orders.breaker import breaker_status
from orders.hours import MarketHours
from orders.journal import JournalWriter
from orders.kill_switch import KillSwitch
from orders.risk import Situation
from orders.ticket import Ticket, fields_of
from orders.unbooked import unbooked


class HasRows(Protocol):
    """A journal, or one transaction of it."""

    def positions(self, account_id: str) -> dict[str, Position]:
        """Positions by symbol."""

    def open_orders(self, account_id: str) -> list[Order]:
        """Orders that may still change a position."""

    def orders_filled(self, account_id: str, since: int) -> set[str]:
        """The client order ids of those with a fill at or after a market time (ns)."""

    def state(self, account_id: str, name: str) -> Any:
        """A single value, or None."""


@dataclass(frozen=True, slots=True)
class Lookout:
    """Makes a Situation. Safe to share between threads; `gate` decides whether orders may go to where they would."""

    reader: MarketReader
    limits: RiskLimits
    kill: KillSwitch
    gate: LiveGate | None = None
    hours: MarketHours = field(default_factory=MarketHours)
    dry_run: bool = False

    def __call__(self, rows: JournalWriter, account_id: str, ticket: Ticket, session: str) -> Situation:
        """What is so now for a ticket, inside the journal's transaction: what is reserved there counts."""
        ago = _ms_since(rows, account_id, ticket, session)
        return replace(self.at(rows, account_id, ticket.symbol), same_ticket_ms_ago=ago)

    def at(self, rows: HasRows, account_id: str, symbol: str) -> Situation:
        """What is so now for a symbol."""
        self.reader.catch_up(force=True)
        status = self.reader.status()
        latest: Any = self.reader.latest(symbol)
        bid, ask, last = (_price(latest, name) for name in ("bid_price", "ask_price", "price"))
        open_orders = rows.open_orders(account_id)
        return Situation(
            limits=self.limits,
            position=rows.positions(account_id).get(symbol, Position(account_id, symbol)),
            open_orders=open_orders,
            bid=bid,
            ask=ask,
            last=last,
            data_fresh=status.worker.alive and status.stream.state in BELIEVABLE,
            data_age=_age(status),
            phase=self.hours.phase(status.market),
            reconciled=status.reconciled,
            account=account_of(status),
            equity=equity_of(status),
            killed_by=self.kill.on_by(rows),
            same_ticket_ms_ago=None,
            trades_today=len(trades_of(rows, account_id, open_orders, status.market.now)),
            breaker=breaker_status(rows, account_id),
            stream_breaker=status.stream_breaker,
            gate_shut=" ".join(self.gate.refusal()).strip() if self.gate else "",
            dry_run=self.dry_run,
            unbooked=unbooked(rows, account_id, symbol),
        )


def trades_of(rows: HasRows, account_id: str, open_orders: list[Order], now: int) -> set[str]:
    """The orders with a fill in the New York day of market time `now` (ns), and those that may still get one today.

    Exits that came with an entry count once they are filled, not before.
    """
    waiting = {order.client_order_id for order in open_orders if not order.parent_id}
    return rows.orders_filled(account_id, midnight(trading_day(now))) | waiting


def account_of(status: DeskStatus) -> AccountState | None:
    """The account that the worker last published."""
    told = status.account
    if told is None:
        return None
    cash, buying_power, last_equity = (Decimal(told[name]) for name in ("cash", "buying_power", "last_equity"))
    blocked = bool(told["trading_blocked"]), bool(told["account_blocked"])
    return AccountState(told["account_id"], cash, buying_power, last_equity, *blocked)


def equity_of(status: DeskStatus) -> Decimal:
    """Cash and positions at the last prices, as the worker last published; 0 before that."""
    return Decimal(status.account["equity"]) if status.account else Decimal(0)


def _price(latest: Any, name: str) -> Decimal:
    return Decimal(str(round(float(latest[name]), 6))) if latest is not None else Decimal(0)


def _age(status: DeskStatus) -> str:
    age = status.stream.last_msg_age_s
    return "some time" if age is None else f"{age:.0f} s"


def _ms_since(rows: JournalWriter, account_id: str, ticket: Ticket, session: str) -> float | None:
    then = rows.newest_intent(account_id, session, fields_of(ticket))
    return None if then is None else (time.time_ns() - then) / 1e6
