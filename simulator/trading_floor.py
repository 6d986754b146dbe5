"""The trading floor: accounts' orders from the ticket to their end, written down before anybody is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from msgspec.structs import replace

from domain.session import NEW_YORK, midnight, to_ns, trading_day
from simulator.accounts import Account
from simulator.client_order import ClientOrder, Status
from simulator.execution import Execution
from simulator.fault import Faults
from simulator.hours import Today, next_session
from simulator.margin import Margin
from simulator.market import Market, Message
from simulator.order_check import check_order, check_ticket, position_intent
from simulator.practice_db import PracticeDb
from simulator.prices import Prices
from simulator.rejection import unprocessable
from simulator.ticket import Ticket
from simulator.trade_update import TradeUpdate
from simulator.trader import AccountRow, Configurations, Trader
from simulator.venue import Venue, VenueFill

GTC_DAYS, GTC_SWEEP = 90, time(16, 15)  # "Orders at Alpaca": aged orders are canceled after 90 days
FAR_AWAY = 2**63 - 1

Publish = Callable[[UUID, TradeUpdate], None]


class TradingFloor:
    """Every action ends with one transaction; only then answers and events leave. Start and recovery are one."""

    def __init__(self, market: Market, venue: Venue, db: PracticeDb, publish: Publish, faults: Faults) -> None:
        self.market, self.prices, self.faults = market, Prices(market), faults
        self.traders: dict[UUID, Trader] = {}
        self._venue, self._db, self._publish = venue, db, publish
        self._today = Today(market.source.hours)
        self._whose: dict[UUID, Trader] = {}
        self._waiting: dict[UUID, None] = {}
        self._canceling: dict[UUID, None] = {}
        self._parted: dict[UUID, None] = {}
        self._changed_rows: dict[UUID, AccountRow] = {}
        self._changed_orders: dict[UUID, ClientOrder] = {}
        self._new_executions: list[Execution] = []
        self._updates: list[TradeUpdate] = []
        self._orders = self._executions = self._last_moment = 0
        self._next_expiry, self._midnight = FAR_AWAY, 0
        self._read()

    def _read(self) -> None:
        for row in self._db.accounts():
            self.traders[row.account_id] = Trader(row)
        for order in self._db.orders():
            self._whose[order.order_id] = trader = self.traders[order.account_id]
            trader.put(order)
            self._orders = order.sequence
            if not order.is_done:
                self._next_expiry = min(self._next_expiry, order.expires_at)
        for execution in self._db.executions():
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
        self._settle()
        return trader

    def configure(self, trader: Trader, configurations: Configurations) -> None:
        """New settings of an account, written down."""
        self._change(trader, replace(trader.row, configurations=configurations))
        self._settle()

    def trader(self, account: Account) -> Trader:
        """The trader of an account that exists."""
        return self.traders[account.account_id]

    def submit(self, trader: Trader, ticket: Ticket) -> ClientOrder:
        """The order as it was accepted, though it may be filled by now. Raises Rejection."""
        check_ticket(trader, ticket)
        order = self._make(trader, ticket)
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
        self._settle()
        return order

    def cancel(self, order: ClientOrder, *, at_once: bool = False) -> None:
        """Asks for the end of an order, which comes with the next turn unless it is filled first. Raises Rejection."""
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
        self._settle()

    def take(self, messages: Sequence[Message]) -> None:
        """What the market has published: fills are booked. To be called before the market plays on."""
        self._venue.take(messages)
        self._collect()
        self._settle()

    def turn(self) -> None:
        """What time brings: openings, expiries and the cancels that were asked for."""
        position = self.market.source.played_until
        self._collect()
        for order_id in list(self._parted):
            self._force(self._latest(order_id))
        if position >= self._next_expiry:
            self._expire(position)
        if self._waiting and self._today.session(position):
            for order_id in list(self._waiting):
                self._release(self._latest(order_id))
        for order_id in list(self._canceling):
            self._end_canceling(self._latest(order_id))
        if position >= self._midnight:
            self._begin_day(position)
        self._settle()

    def _make(self, trader: Trader, ticket: Ticket) -> ClientOrder:
        session = self._today.session(self.market.source.played_until)
        moment = self._moment()
        return ClientOrder(
            order_id=uuid4(),
            account_id=trader.row.account_id,
            sequence=self._orders + 1,
            client_order_id=ticket.client_order_id or str(uuid4()),
            symbol=ticket.listing.symbol,
            asset_id=ticket.listing.asset_id,
            side=ticket.side,
            order_type=ticket.order_type,
            time_in_force=ticket.time_in_force,
            position_intent=position_intent(trader, ticket),
            qty=ticket.qty,
            limit_price=ticket.limit_price,
            extended_hours=ticket.extended_hours,
            status="accepted" if session is None else "pending_new",
            created_at=moment,
            updated_at=moment,
            expires_at=self._expiry(ticket, moment),
        )

    def _expiry(self, ticket: Ticket, moment: int) -> int:
        if ticket.time_in_force == "gtc":
            day = trading_day(moment) + timedelta(days=GTC_DAYS)
            return to_ns(datetime.combine(day, GTC_SWEEP, NEW_YORK))
        position = self.market.source.played_until
        session = self._today.session(position) or next_session(self.market.source.hours, position)
        return session.closes_at

    def _release(self, order: ClientOrder) -> None:
        """To the venue. An order that stood there before a restart is not new again."""
        self._waiting.pop(order.order_id, None)
        if order.status in ("accepted", "pending_new"):
            order = self._put(order.turned("new", self._moment()))
            self._tell("new", order)
        if self._comes_in_parts(order):
            self._parted[order.order_id] = None
            self._force(order, order.remaining // 2)
            return
        self._venue.place(order, order.remaining)
        self._collect()
        order = self._latest(order.order_id)
        if not order.is_done and not order.may_rest:
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
        self._new_executions.append(execution)
        if order.is_done:
            self._forget(order.order_id)
        self._tell("fill" if order.is_done else "partial_fill", self._put(order), execution)

    def _end(self, order: ClientOrder, status: Status) -> None:
        """Canceled or expired, unless the venue has just filled it."""
        self._collect()
        order = self._latest(order.order_id)
        if not order.is_done:
            self._forget(order.order_id)
            self._tell(status, self._put(order.turned(status, self._moment())))

    def _end_canceling(self, order: ClientOrder) -> None:
        self._canceling.pop(order.order_id, None)
        if not order.is_done and self.faults.use("fill_after_cancel"):
            self._force(order)
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
        reached = order.limit_price is None or (price - order.limit_price) * order.sign <= 0
        return order.remaining > 1 and reached and self.faults.use("partial_then_rest") is not None

    def _force(self, order: ClientOrder, qty: Decimal | None = None) -> None:
        """A fill out of nowhere, at the market or at the limit, of `qty` or of all that is left: only for faults."""
        if qty is None:
            self._parted.pop(order.order_id, None)
            self._venue.withdraw(order.order_id)
        price, limit = self.prices.reference(order.symbol, order.sign), order.limit_price
        if limit is not None and (price - limit) * order.sign > 0:
            price = limit
        self._book(VenueFill(order.order_id, qty or order.remaining, price, self._moment()))

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
        self._changed_orders[order.order_id] = order
        return order

    def _change(self, trader: Trader, row: AccountRow) -> None:
        trader.row = row
        self._changed_rows[row.account_id] = row

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
        self._updates.append(update)

    def _settle(self) -> None:
        """Writes what has changed, then tells of it."""
        if self._changed_rows or self._changed_orders:
            self._db.write(self._changed_rows.values(), self._changed_orders.values(), self._new_executions)
            self._changed_rows, self._changed_orders, self._new_executions = {}, {}, []
        updates, self._updates = self._updates, []
        for update in updates:
            self._publish(update.order.account_id, update)

    def _moment(self) -> int:
        """Market time, but later than every moment that was given out before."""
        self._last_moment = max(self._last_moment + 1, self.market.now())
        return self._last_moment
