"""The trading floor: accounts' orders from the ticket to their end, written down before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from msgspec.structs import replace

from domain.session import midnight, trading_day
from simulator.accounts import Account
from simulator.changes import Changes, Publish
from simulator.client_order import ClientOrder, Status
from simulator.execution import Execution
from simulator.fault import Faults
from simulator.margin import Margin
from simulator.market import Market
from simulator.message import Message
from simulator.order_check import check_order, check_ticket
from simulator.order_life import OrderLife
from simulator.practice_db import PracticeDb
from simulator.prices import Prices
from simulator.rejection import unprocessable
from simulator.ticket import Ticket
from simulator.trade_update import TradeUpdate
from simulator.trader import AccountRow, Configurations, Trader
from simulator.venue import Venue, VenueFill

FAR_AWAY = 2**63 - 1


class TradingFloor:
    """Every action ends with one transaction; only then answers and events leave. Start and recovery are one."""

    def __init__(self, market: Market, venue: Venue, db: PracticeDb, publish: Publish, faults: Faults) -> None:
        self.market, self.prices, self.faults = market, Prices(market), faults
        self.traders: dict[UUID, Trader] = {}
        self._venue = venue
        self._life = OrderLife(market.source.hours, lambda: market.source.played_until)
        self._changes = Changes(db, publish)
        self._whose: dict[UUID, Trader] = {}
        self._waiting: dict[UUID, None] = {}
        self._canceling: dict[UUID, None] = {}
        self._parted: dict[UUID, None] = {}
        self._orders = self._executions = self._last_moment = 0
        self._next_expiry, self._midnight = FAR_AWAY, 0
        self._read(db)

    def _read(self, db: PracticeDb) -> None:
        for row in db.accounts():
            self.traders[row.account_id] = Trader(row)
        for order in db.orders():
            self._whose[order.order_id] = trader = self.traders[order.account_id]
            trader.put(order)
            self._orders = order.sequence
            if not order.is_done:
                self._next_expiry = min(self._next_expiry, order.expires_at)
        for execution in db.executions():
            self.traders[execution.account_id].book(execution)
            self._executions = execution.sequence

    def resume(self) -> None:
        """Puts the orders that a restart found back to work, the oldest first; those whose time is over end."""
        found = [order for trader in self.traders.values() for order in trader.open_orders.values()]
        for order in sorted(found, key=lambda order: order.sequence):
            if order.status == "pending_cancel":
                self._canceling[order.order_id] = None
            else:
                self._waiting[order.order_id] = None
        self.turn()

    def open_account(self, key: str, secret: str, cash: Decimal) -> Trader:
        """A new account, written down; its id is a random one."""
        moment = self._moment()
        day = trading_day(moment).isoformat()
        row = AccountRow(
            account_id=uuid4(),
            key=key,
            secret=secret,
            cash=cash,
            created_at=moment,
            last_equity=cash,
            equity_day=day,
            configurations=Configurations(),
        )
        trader = self.traders[row.account_id] = Trader(row)
        self._change(trader, row)
        self._changes.settle()
        return trader

    def configure(self, trader: Trader, configurations: Configurations) -> None:
        """New settings of an account, written down."""
        self._change(trader, replace(trader.row, configurations=configurations))
        self._changes.settle()

    def trader(self, account: Account) -> Trader:
        """The trader of an account that exists."""
        return self.traders[account.account_id]

    def submit(self, trader: Trader, ticket: Ticket) -> ClientOrder:
        """The order as it was accepted, though it may be filled by now. Raises Rejection."""
        check_ticket(trader, ticket)
        order = self._life.begin(trader, ticket, self._orders + 1, self._moment())
        check_order(trader, order, self.prices)
        self._orders = order.sequence
        self._whose[order.order_id] = trader
        self._next_expiry = min(self._next_expiry, order.expires_at)
        self._put(order)
        if order.status == "accepted":
            self._waiting[order.order_id] = None
            self._tell("accepted", order)
        else:
            self._release(order)
        self._changes.settle()
        return order

    def cancel(self, order: ClientOrder, *, at_once: bool = False) -> None:
        """Asks for the end of an order, which comes with the next turn unless it is filled first. Raises Rejection."""
        order = self._latest(order.order_id)
        if order.status == "canceled":
            return
        if order.is_done:
            raise unprocessable(f'order is already in "{order.status}" state')
        if order.order_id in self._canceling and not at_once:
            raise unprocessable("order pending cancel")
        if at_once:
            self._end(order, "canceled")
        else:
            self._canceling[order.order_id] = None
            self._tell("pending_cancel", self._put(order.turned("pending_cancel", self._moment())))
        self._changes.settle()

    def take(self, messages: Sequence[Message]) -> None:
        """What the market has published: fills are booked. To be called before the market plays on."""
        self._venue.take(messages)
        self._collect()
        self._changes.settle()

    def turn(self) -> None:
        """What time brings: openings, expiries and the cancels that were asked for."""
        position = self.market.source.played_until
        self._collect()
        for order_id in list(self._parted):
            order = self._latest(order_id)
            self._force(order, order.remaining)
        if position >= self._next_expiry:
            self._expire(position)
        if self._waiting and self._life.may_work():
            for order_id in list(self._waiting):
                order = self._latest(order_id)
                if order.symbol not in self.market.halted:
                    self._release(order)
        for order_id in list(self._canceling):
            self._end_canceling(self._latest(order_id))
        if position >= self._midnight:
            self._begin_day(position)
        self._changes.settle()

    def _release(self, order: ClientOrder) -> None:
        """To the venue, or to wait for the end of a halt. An order that stood there before a restart is not new again.

        One that waited for the open is rejected if the account cannot carry it any more.
        """
        self._waiting.pop(order.order_id, None)
        if order.status == "accepted" and order.opens and Margin(self._whose[order.order_id], self.prices).excess() < 0:
            self._end(order, "rejected")
            return
        if order.status in ("accepted", "pending_new"):
            order = self._put(order.turned("new", self._moment()))
            self._tell("new", order)
        if order.symbol in self.market.halted:
            self._wait_out(order)
            return
        if self._comes_in_parts(order):
            self._parted[order.order_id] = None
            self._force(order, order.remaining // 2)
            return
        self._venue.place(order, order.remaining)
        self._collect()
        order = self._latest(order.order_id)
        if not order.is_done and not order.may_rest:
            self._end(order, "canceled")

    def _wait_out(self, order: ClientOrder) -> None:
        """For the end of a halt, if the order may rest."""
        if order.may_rest:
            self._waiting[order.order_id] = None
        else:
            self._end(order, "canceled")

    def _collect(self) -> None:
        for fill in self._venue.drain():
            self._book(fill)

    def _book(self, fill: VenueFill) -> None:
        order, trader = self._latest(fill.order_id), self._whose[fill.order_id]
        if order.is_done:
            return
        moment = max(self._moment(), fill.ts_event)
        order = order.filled(fill.qty, fill.price, moment)
        self._executions += 1
        execution = Execution(
            execution_id=uuid4(),
            account_id=order.account_id,
            order_id=order.order_id,
            sequence=self._executions,
            symbol=order.symbol,
            side=order.side,
            qty=fill.qty,
            price=fill.price,
            cum_qty=order.filled_qty,
            leaves_qty=order.remaining,
            ts_event=moment,
        )
        trader.book(execution)
        self._changes.execution(execution)
        if order.is_done:
            self._forget(order.order_id)
        self._tell("fill" if order.is_done else "partial_fill", self._put(order), execution)

    def _end(self, order: ClientOrder, status: Status) -> None:
        """Canceled, expired or rejected, unless the venue has just filled it."""
        self._collect()
        order = self._latest(order.order_id)
        if not order.is_done:
            self._forget(order.order_id)
            self._tell(status, self._put(order.turned(status, self._moment())))

    def _end_canceling(self, order: ClientOrder) -> None:
        self._canceling.pop(order.order_id, None)
        if not order.is_done and self.faults.use("fill_after_cancel"):
            self._force(order, order.remaining)
        else:
            self._end(order, "canceled")

    def _expire(self, position: int) -> None:
        still_open: list[int] = []
        for trader in self.traders.values():
            for order in list(trader.open_orders.values()):
                if order.expires_at <= position:
                    self._end(order, "expired")
                else:
                    still_open.append(order.expires_at)
        self._next_expiry = min(still_open, default=FAR_AWAY)

    def _comes_in_parts(self, order: ClientOrder) -> bool:
        """Whether a fault wants it so; it stays armed for an order that could not trade at once."""
        price = self.prices.reference(order.symbol, order.sign)
        reached = price > 0 and (order.limit_price is None or (price - order.limit_price) * order.sign <= 0)
        return order.remaining > 1 and reached and self.faults.use("partial_then_rest") is not None

    def _force(self, order: ClientOrder, qty: Decimal) -> None:
        """A fill out of nowhere, at the market or at the limit: only for faults."""
        price, limit = self.prices.reference(order.symbol, order.sign), order.limit_price
        if limit is not None and (not price or (price - limit) * order.sign > 0):
            price = limit
        if qty == order.remaining:
            self._venue.withdraw(order.order_id)
        self._book(VenueFill(order.order_id, qty, price, self._moment()))

    def _begin_day(self, position: int) -> None:
        today = trading_day(position)
        self._midnight = midnight(today + timedelta(days=1))
        for trader in self.traders.values():
            if trader.row.equity_day != today.isoformat():
                equity = Margin(trader, self.prices).equity
                self._change(trader, replace(trader.row, last_equity=equity, equity_day=today.isoformat()))

    def _forget(self, order_id: UUID) -> None:
        """Nobody works for the order any more."""
        self._venue.withdraw(order_id)
        for waiting in (self._waiting, self._canceling, self._parted):
            waiting.pop(order_id, None)

    def _latest(self, order_id: UUID) -> ClientOrder:
        return self._whose[order_id].orders[order_id]

    def _put(self, order: ClientOrder) -> ClientOrder:
        self._whose[order.order_id].put(order)
        self._changes.order(order)
        return order

    def _change(self, trader: Trader, row: AccountRow) -> None:
        trader.row = row
        self._changes.account(row)

    def _tell(self, event: str, order: ClientOrder, execution: Execution | None = None) -> None:
        position_qty = self._whose[order.order_id].ledger.qty(order.symbol) if execution else None
        update = TradeUpdate(
            event=event,
            execution_id=execution.execution_id if execution else uuid4(),
            ts_event=order.updated_at,
            order=order,
            execution=execution,
            position_qty=position_qty,
        )
        self._changes.update(update)

    def _moment(self) -> int:
        """Market time, but later than every moment that was given out before."""
        self._last_moment = max(self._last_moment + 1, self.market.now())
        return self._last_moment
