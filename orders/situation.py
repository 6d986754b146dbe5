"""The situation: gathers for the risk check what cache, journal and limits say at this moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.account import AccountState
from domain.risk_limits import RiskLimits
from domain.status import BELIEVABLE, DeskStatus, StreamState
from market_cache.reader import MarketReader
from orders.journal import JournalWriter
from orders.kill_switch import KillSwitch
from orders.risk import Situation
from orders.ticket import Ticket, fields_of


@dataclass(frozen=True, slots=True)
class Lookout:
    """Makes a Situation for a ticket, inside the journal's transaction."""

    reader: MarketReader
    limits: RiskLimits
    kill: KillSwitch

    def __call__(self, rows: JournalWriter, account_id: str, ticket: Ticket, session: str) -> Situation:
        """What is so now, for an account."""
        self.reader.catch_up(force=True)
        status = self.reader.status()
        account = account_of(status)
        latest: Any = self.reader.latest(ticket.symbol)
        bid, ask, last = (_price(latest, name) for name in ("bid_price", "ask_price", "price"))
        return Situation(
            limits=self.limits,
            position=rows.position(account_id, ticket.symbol),
            open_orders=rows.open_orders(account_id),
            bid=bid,
            ask=ask,
            last=last,
            data_fresh=status.worker.alive and status.stream.state in BELIEVABLE,
            data_age=_age(status),
            market_open=status.market.is_open or status.stream.state is StreamState.CONNECTING,
            reconciled=status.reconciled,
            account=account,
            equity=equity_of(status),
            killed_by=self.kill.on_by(rows),
            same_ticket_ms_ago=_ms_since(rows, account_id, ticket, session),
        )


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
