"""The trading part of a delta: the account, what it holds, its orders and fills since those that the page holds."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any, Final

from callbacks.ask import Held
from callbacks.limits import LimitsDesk, breaker_words
from callbacks.window import ms, price, size
from domain.fill import Fill
from domain.order import Order
from domain.status import DeskStatus
from orders.access import HasAccess
from orders.feed import FeedDelta, OrderFeed

log = logging.getLogger("tickdesk.dashboard")

UNREADABLE: Final = "The journal of orders cannot be read. Look in the logs folder."


class TradingDesk:
    """What the delta reads of trading. One a process; safe to use from several threads."""

    def __init__(self, access: HasAccess) -> None:
        self._access, self._feed = access, OrderFeed(access.journal)
        self._limits = LimitsDesk(access)

    def part(self, status: DeskStatus, held: Held | None) -> dict[str, Any]:
        """Account, positions, what locks orders, and what the page does not hold yet of orders and fills."""
        try:
            broken = breaker_words(self._access.breaker.status())
            lock = [self._access.kill.on_by(), *lock_of(status), broken]
            orders = self._orders(status, held)
        except Exception:  # a page with quotes and without orders is better than none
            log.exception("The journal of orders cannot be read.")
            lock, orders = ["", UNREADABLE, False, ""], None
        positions = [position_row(position) for position in status.positions]
        return {"account": account_row(status), "positions": positions, "lock": lock, "orders": orders}

    def limits(self, status: DeskStatus, symbol: str) -> dict[str, Any]:
        """How much of each limit is used; nothing while there is no account, or the journal cannot be read."""
        try:
            return self._limits.part(str(status.account["account_id"]), symbol) if status.account else {}
        except Exception:  # told as a journal that does not answer
            log.exception("The use of limits cannot be read.")
            return {}

    def journal_answers(self) -> bool:
        """Whether the journal of orders can be read."""
        try:
            self._access.journal.last_change()
        except Exception:  # whatever the database says: the state is told, not raised
            return False
        return True

    def _orders(self, status: DeskStatus, held: Held | None) -> dict[str, Any] | None:
        if status.account is None:
            return None
        account_id = str(status.account["account_id"])
        known = held.change if held and held.account == account_id else None
        delta = self._feed.since(account_id, known)
        if known is not None and delta.change_id < known:  # another process told the page of more
            delta = self._feed.since(account_id, known, force=True)
        part = feed_part(account_id, delta)
        return None if part["change"] == known and not (part["whole"] or part["rows"] or part["fills"]) else part


def feed_part(account_id: str, delta: FeedDelta) -> dict[str, Any]:
    """Orders newest first, fills oldest first; `whole` replaces what the page holds."""
    return {
        "account": account_id,
        "change": delta.change_id,
        "whole": delta.whole,
        "rows": [order_row(order) for order in delta.orders],
        "fills": [fill_row(fill) for fill in delta.fills],
    }


def lock_of(status: DeskStatus) -> tuple[str, bool]:
    """Why orders wait for the broker, or nothing; and whether the broker has blocked the account."""
    account = status.account
    why = "" if status.reconciled else status.reconcile_why or status.trading.why or "Waiting for the account."
    return why, bool(account and (account["trading_blocked"] or account["account_blocked"]))


def account_row(status: DeskStatus) -> list[float] | None:
    """[equity, profit of the day, buying power, equity of the day before], USD."""
    account = status.account
    names = "equity", "day_pnl", "buying_power", "last_equity"
    return None if account is None else [price(account[name]) for name in names]


def position_row(position: dict[str, Any]) -> list[Any]:
    """[symbol, quantity, average price or null, last, unrealised, realised, shares without the exits of their entry]."""
    average = position["avg_entry_price"]
    money = [price(position[name]) for name in ("last", "unrealized", "realized")]
    bare = size(position.get("bare", "0"))  # an older worker does not say
    return [position["symbol"], size(position["qty"]), None if average is None else price(average), *money, bare]


def order_row(order: Order) -> list[Any]:
    """[id, symbol, side, type, quantity, filled, limit, time in force, state, average price, reason, created in ms,
    stop, trail in USD, trail in percent, amount in USD, class, extended hours, order id of the parent]."""
    asked = [order.symbol, order.side.value, order.type, size(order.qty), size(order.filled_qty)]
    stands = [order.time_in_force, order.state, _known(order.filled_avg_price), order.reason, ms(order.created_at)]
    prices = [_known(value) for value in (order.stop_price, order.trail_price, order.trail_percent, order.notional)]
    rest = [order.order_class, order.extended_hours, order.parent_id]
    return [order.client_order_id, *asked, _known(order.limit_price), *stands, *prices, *rest]


def _known(value: Decimal | None) -> float | None:
    return None if value is None else price(value)


def fill_row(fill: Fill) -> list[Any]:
    """[id, symbol, side, quantity, price, time in ms]."""
    return [fill.execution_id, fill.symbol, fill.side.value, size(fill.qty), price(fill.price), ms(fill.ts_event)]
