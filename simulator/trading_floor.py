"""The trading floor: what accounts may do, from the ticket to the end of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from domain.session import midnight, trading_day
from simulator.account_limits import AccountLimits, check_limits
from simulator.accounts import Account
from simulator.changes import Publish
from simulator.client_order import AUCTIONS, ClientOrder
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.margin import Margin
from simulator.market import Market
from simulator.message import Message
from simulator.order_birth import OrderBirth
from simulator.order_check import check_name, check_order, check_replacement, check_ticket
from simulator.order_work import OrderWork
from simulator.practice_db import PracticeDb
from simulator.prices import Prices
from simulator.register import Register
from simulator.rejection import unprocessable
from simulator.replacement import check_replaceable, parse_changes, replacement
from simulator.ticket import Ticket
from simulator.trader import AccountRow, Configurations, Trader


class TradingFloor:
    """Every action ends with one transaction; only then answers and events leave. Start and recovery are one."""

    def __init__(self, exchanges: Sequence[Exchange], db: PracticeDb, publish: Publish, faults: Faults) -> None:
        """The first exchange is that of the shares, whose clock is everybody's."""
        self.market: Market = exchanges[0].market
        self.faults = faults
        self.prices = Prices(*(exchange.market for exchange in exchanges))
        self.listings = {name: found for each in exchanges for name, found in each.market.listings.items()}
        self._exchanges = {symbol: exchange for exchange in exchanges for symbol in exchange.market.listings}
        self._register = Register(db, publish, self.market.now)
        self._birth = OrderBirth(self._register, self.prices)
        self._work = OrderWork(self._register, self._exchanges, self.prices, faults)
        self._midnight = 0

    @property
    def traders(self) -> dict[UUID, Trader]:
        """Everybody who has an account."""
        return self._register.traders

    def resume(self) -> None:
        """Puts the orders that a restart found back to work, the oldest first; those whose time is over end."""
        for order in self._register.open_orders():
            if order.symbol in self._exchanges:
                self._work.enlist(order)
        self.turn()

    def open_account(self, key: str, secret: str, cash: Decimal, limits: AccountLimits | None = None) -> Trader:
        """A new account, written down; its id is a random one."""
        moment, limits = self._register.moment(), limits or AccountLimits()
        row = AccountRow(
            account_id=uuid4(),
            key=key,
            secret=secret,
            cash=cash,
            created_at=moment,
            last_equity=cash,
            equity_day=trading_day(moment).isoformat(),
            configurations=Configurations(max_margin_multiplier=str(max(2, limits.multiplier))),
            limits=limits,
        )
        trader = Trader(row)
        self._register.account(trader, row)
        self._register.settle()
        return trader

    def close_account(self, trader: Trader) -> None:
        """Its open orders end at once; what it has stays written down, and nobody trades for it any more."""
        for order_id in list(trader.open_orders):
            self._work.end(self._register.latest(order_id), "canceled")
        self._register.account(trader, replace(trader.row, closed=True))
        self._register.settle()

    def limit(self, trader: Trader, limits: AccountLimits) -> None:
        """New limits of an account, written down; orders that are open stay."""
        multiplier = str(max(2, limits.multiplier))
        configurations = replace(trader.row.configurations, max_margin_multiplier=multiplier)
        self._register.account(trader, replace(trader.row, limits=limits, configurations=configurations))
        self._register.settle()

    def configure(self, trader: Trader, configurations: Configurations) -> None:
        """New settings of an account, written down."""
        self._register.account(trader, replace(trader.row, configurations=configurations))
        self._register.settle()

    def trader(self, account: Account) -> Trader:
        """The trader of an account that exists."""
        return self.traders[account.account_id]

    def submit(self, trader: Trader, ticket: Ticket) -> ClientOrder:
        """The order as it was accepted, though it may be filled by now. Raises Rejection."""
        check_ticket(trader, ticket, self.prices)
        life = self._exchanges[ticket.listing.symbol].life
        if ticket.time_in_force in AUCTIONS:
            life.check_auction(ticket.time_in_force)
        order, *legs = self._birth.orders(trader, ticket, life)
        check_order(trader, order, self.prices)
        check_limits(trader, order)
        for each in (order, *legs):
            self._register.put(each)
            self._work.enlist(each)
        for leg in legs:
            self._register.tell("held", leg)
        self._work.begin(order)
        self._register.settle()
        return order

    def replace(self, order: ClientOrder, fields: Mapping[str, Any]) -> ClientOrder:
        """The new order as it was accepted; the old one is `replaced`, unless a fill was faster. Raises Rejection."""
        self._work.collect()
        order = self._register.latest(order.order_id)
        check_replaceable(order)
        trader, exchange = self._register.whose(order), self._exchanges[order.symbol]
        changes = parse_changes(order, fields, self.listings[order.symbol])
        check_name(trader, changes["client_order_id"])
        moment = self._register.moment()
        if "time_in_force" in changes:
            end = exchange.life.end(changes["time_in_force"], moment, extended_hours=order.extended_hours)
            changes["expires_at"] = end
        new = replacement(order, changes, order_id=uuid4(), sequence=self._register.next_sequence(), moment=moment)
        check_replacement(trader, order, new, self.prices)
        check_limits(trader, new)
        if self.faults.use("replace_rejected"):
            self._refuse_replacement(order, new)
        else:
            self._put_in_place(order, new)
        self._register.settle()
        return new

    def _refuse_replacement(self, order: ClientOrder, new: ClientOrder) -> None:
        """The old order lives on; who asks for the new one finds it rejected."""
        alone = new.changed(order_class="", parent_id=None)
        self._register.put(alone.turned("rejected", self._register.moment()))
        self._register.tell("order_replace_rejected", order.changed(updated_at=self._register.moment()))

    def _put_in_place(self, order: ClientOrder, new: ClientOrder) -> None:
        if self._work.succeed(order, new):
            return
        exchange = self._exchanges[order.symbol]
        self._work.forget(order)
        self._register.turn(order, "replaced", replaced_by=new.order_id)
        if exchange.life.may_work(new.extended_hours) and new.status == "accepted":
            new = new.changed(status="pending_new")
        self._register.put(new)
        self._work.groups.replaced(order, new)
        self._work.enlist(new)
        self._work.begin(new)

    def cancel(self, order: ClientOrder, *, at_once: bool = False) -> None:
        """Asks for the end of an order, which comes with the next turn unless it is filled first. Raises Rejection."""
        order = self._register.latest(order.order_id)
        if order.status == "canceled":
            return
        if order.is_done:
            raise unprocessable(f'order is already in "{order.status}" state')
        if self._work.is_canceling(order) and not at_once:
            raise unprocessable("order pending cancel")
        if at_once:
            self._work.end(order, "canceled")
        else:
            self._work.cancel(order)
        self._register.settle()

    def take(self, messages: Sequence[Message]) -> None:
        """What a market has published: fills are booked. To be called before the market plays on."""
        self._work.take(messages)
        self._register.settle()

    def turn(self) -> None:
        """What time brings: openings, auctions, expiries and the cancels that were asked for."""
        self._work.turn()
        position = self.market.source.played_until
        if position >= self._midnight:
            self._begin_day(position)
        self._register.settle()

    def go_elsewhere(self) -> None:
        """The market's clock was put elsewhere, maybe back: to be called when the market stands there."""
        self._register.go_back()
        self._midnight = 0
        self.turn()

    def _begin_day(self, position: int) -> None:
        today = trading_day(position)
        self._midnight = midnight(today + timedelta(days=1))
        for trader in self.traders.values():
            if trader.row.equity_day != today.isoformat() and not trader.row.closed:
                equity = Margin(trader, self.prices).equity
                row = replace(trader.row, last_equity=equity, equity_day=today.isoformat())
                self._register.account(trader, row)
