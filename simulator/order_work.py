"""The work on open orders: where each is between its acceptance and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from simulator.client_order import AUCTIONS, ClientOrder, Status
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.groups import Groups
from simulator.margin import Margin
from simulator.message import Message
from simulator.order import Side
from simulator.prices import Prices, usd
from simulator.register import Register
from simulator.stops import Stops, is_inside, is_reached, trailed
from simulator.trade import Trade
from simulator.venue import VenueFill

FAR_AWAY = 2**63 - 1


class OrderWork:
    """Every open order is in one place: it waits for a session, an auction, a stop price or its group, or it works."""

    def __init__(self, register: Register, exchanges: Mapping[str, Exchange], prices: Prices, faults: Faults) -> None:
        """`exchanges` by symbol."""
        self._register, self._by_symbol, self._prices, self._faults = register, exchanges, prices, faults
        self._exchanges = list({id(found): found for found in exchanges.values()}.values())
        self._stops = Stops()
        self.groups = Groups(register, self._stops, self.release, self.finish)
        self._waiting: dict[UUID, None] = {}
        self._auctions: dict[UUID, None] = {}
        self._canceling: dict[UUID, None] = {}
        self._parted: dict[UUID, None] = {}
        self._fills: deque[VenueFill] = deque()
        self._next_expiry = FAR_AWAY

    @property
    def queues(self) -> tuple[int, ...]:
        """How many orders wait for their session, an auction, their end or the rest of them."""
        return tuple(len(place) for place in (self._waiting, self._auctions, self._canceling, self._parted))

    def enlist(self, order: ClientOrder) -> None:
        """Takes up an open order, a new one or one that a restart found."""
        self._next_expiry = min(self._next_expiry, order.expires_at)
        if order.status == "pending_cancel":
            self._canceling[order.order_id] = None
        elif order.status == "held":
            if self.groups.is_armed(order):
                self._stops.watch(order)
        elif order.time_in_force in AUCTIONS:
            self._auctions[order.order_id] = None
        else:
            self._waiting[order.order_id] = None

    def begin(self, order: ClientOrder) -> None:
        """A new order that was enlisted: it is told of, and works if its time has come."""
        if order.status == "pending_new" and order.order_id in self._waiting:
            self.release(order)
        else:
            # One for the closing auction is new in the session and accepted before it.
            self._register.turn(order, "new" if order.status == "pending_new" else order.status)

    def cancel(self, order: ClientOrder) -> None:
        """It ends with the next turn unless it is filled first."""
        self._canceling[order.order_id] = None
        self._register.turn(order, "pending_cancel")

    def is_canceling(self, order: ClientOrder) -> bool:
        """Whether its end was asked for."""
        return order.order_id in self._canceling

    def take(self, messages: Sequence[Message]) -> None:
        """What a market has published: fills are booked, stops are reached."""
        for exchange in self._exchanges:
            exchange.take(messages)
        self.collect()
        if self._stops:
            for trade in messages:
                if isinstance(trade, Trade):
                    self._follow(trade)

    def turn(self) -> None:
        """What time brings: auctions, expiries, openings, and the cancels that were asked for."""
        self.collect()
        for order in self._still_in(self._parted):
            self._force(order, order.remaining)
        for order in self._still_in(self._auctions):
            self._hold_auction(order)
        self._change_phases()
        if any(exchange.position >= self._next_expiry for exchange in self._exchanges):
            self._expire()
        for order in self._still_in(self._waiting):
            exchange = self._by_symbol[order.symbol]
            if exchange.life.may_work(order.extended_hours) and not exchange.is_halted(order.symbol):
                self.release(order)
        for order in self._still_in(self._canceling):
            self._end_canceling(order)

    def _still_in(self, place: dict[UUID, None]) -> Iterator[ClientOrder]:
        """The orders of a place: what is done for one may take another away."""
        for order_id in list(place):
            if order_id in place:
                yield self._register.latest(order_id)

    def release(self, order: ClientOrder) -> None:
        """To its venue, or to wait for its price. An order that stood there before a restart is not new again.

        One that waited for the open is rejected if the account cannot carry it any more.
        """
        self._waiting.pop(order.order_id, None)
        if order.status == "accepted" and order.opens and self._is_beyond_means(order):
            self.end(order, "rejected")
            return
        if order.status in ("accepted", "pending_new", "held"):
            order = self._register.turn(order, "new")
        self._go_on(order)

    def _is_beyond_means(self, order: ClientOrder) -> bool:
        return Margin(self._register.whose(order), self._prices).excess() < 0

    def _go_on(self, order: ClientOrder) -> None:
        exchange = self._by_symbol[order.symbol]
        if order.awaits_election:
            self._stops.watch(order)
        elif exchange.is_halted(order.symbol) or not exchange.life.may_work(order.extended_hours):
            self._wait_out(order)
        elif self._comes_in_parts(order):
            self._parted[order.order_id] = None
            self._force(order, order.remaining // 2)
        else:
            exchange.place(order)
            self.collect()
            order = self._register.latest(order.order_id)
            if not order.is_done and not order.may_rest:
                self.end(order, "canceled")

    def _wait_out(self, order: ClientOrder) -> None:
        """For the end of a halt or of the night, if the order may rest."""
        if order.may_rest:
            self._waiting[order.order_id] = None
        else:
            self.end(order, "canceled")

    def collect(self) -> None:
        """Books what the venues have filled. What is booked may bring about more fills: they come after those before."""
        self._fills.extend(fill for exchange in self._exchanges for fill in exchange.drain())
        displaced = [order_id for exchange in self._exchanges for order_id in exchange.drain_displaced()]
        while self._fills:
            self._book(self._fills.popleft())
        for order_id in displaced:
            self.end(self._register.latest(order_id), "canceled")

    def succeed(self, order: ClientOrder, new: ClientOrder) -> bool:
        """Fewer shares at the same price keep their place in the queue; False for any other change."""
        place = ("limit_price", "stop_price", "time_in_force", "hwm")
        is_same = all(getattr(new, name) == getattr(order, name) for name in place)
        if not is_same or not 0 < new.remaining < order.remaining:
            return False
        if not self._by_symbol[order.symbol].succeed(order.order_id, new):
            return False
        self.forget(order)
        self._register.turn(order, "replaced", replaced_by=new.order_id)
        self._register.put(new)
        self.groups.replaced(order, new)
        self._next_expiry = min(self._next_expiry, new.expires_at)
        self._register.turn(new, "new")
        return True

    def _book(self, fill: VenueFill) -> None:
        if self._register.latest(fill.order_id).is_done:
            return
        order = self._register.book(fill)
        if order.is_done:
            self.forget(order)
        self.groups.filled(order)

    def end(self, order: ClientOrder, status: Status) -> None:
        """Canceled, expired or rejected, and its group with it, unless the venue has just filled it."""
        self.finish(order, status)
        order = self._register.latest(order.order_id)
        if order.status == status:
            self.groups.ended(order)

    def finish(self, order: ClientOrder, status: Status) -> None:
        """The same for this order alone."""
        self.collect()
        order = self._register.latest(order.order_id)
        if not order.is_done:
            self.forget(order)
            self._register.turn(order, status)

    def forget(self, order: ClientOrder) -> None:
        """Nobody works for the order any more."""
        self._by_symbol[order.symbol].withdraw(order.order_id)
        self._stops.forget(order)
        for waiting in (self._waiting, self._auctions, self._canceling, self._parted):
            waiting.pop(order.order_id, None)

    def _follow(self, trade: Trade) -> None:
        """A trade moves trailing stops and reaches others; in a session only, and not what is younger than it."""
        exchange = self._by_symbol.get(trade.symbol)
        if exchange is None or exchange.life.phase() != "core" or not trade.is_valid:
            return
        price = usd(trade.price)
        if not is_inside(price, *(self._prices.best(trade.symbol, side) for side in (Side.BUY, Side.SELL))):
            return
        for order_id in self._stops.on(trade.symbol):
            order = self._register.latest(order_id)
            if order.is_done or order_id in self._canceling or trade.ts_event < order.created_at:
                continue
            followed = trailed(order, price)
            if followed is not order:
                order = self._register.put(followed)
            if is_reached(order, price):
                self._elect(order)

    def _elect(self, order: ClientOrder) -> None:
        """A stop becomes an order that works; what else its group has in the market ends before."""
        self._stops.forget(order)
        self.groups.reached(order)
        order = self._register.latest(order.order_id)
        if order.is_done:
            return
        order = self._register.put(order.changed(elected=True))
        if order.status == "held":
            order = self._register.turn(order, "new")
        self._go_on(order)

    def _hold_auction(self, order: ClientOrder) -> None:
        """All at one price, that of the first or the last trade of the session; what it does not reach is canceled."""
        exchange = self._by_symbol[order.symbol]
        due = exchange.life.auction(order)
        price = self._auction_price(exchange, order.symbol, due) if due else None
        if price is None:
            return
        if order.opens and order.status == "accepted" and self._is_beyond_means(order):
            self.end(order, "rejected")
            return
        if order.status == "accepted":
            order = self._register.turn(order, "new")
        limit = order.limit_price
        if price and (limit is None or (price - limit) * order.sign <= 0):
            self._fills.append(VenueFill(order.order_id, order.remaining, price, self._register.moment()))
            self.collect()
        else:
            self.end(order, "canceled")

    def _auction_price(self, exchange: Exchange, symbol: str, due: str) -> Decimal | None:
        """None while nobody has traded since the open."""
        session = exchange.life.session()
        if due == "close":
            return self._prices.last(symbol)
        since = session.opens_at if session else 0
        trades = exchange.market.records[symbol].trades
        return next((usd(trade.price) for trade in trades if trade.is_valid and trade.ts_event >= since), None)

    def _change_phases(self) -> None:
        """An order for extended hours too goes from the market to the house and back."""
        for exchange in self._exchanges:
            phase = exchange.life.phase()
            if phase == exchange.phase:
                continue
            exchange.phase = phase
            for order in self._open_orders():
                works = order.extended_hours and order.status in ("new", "partially_filled")
                if works and self._by_symbol[order.symbol] is exchange:
                    exchange.withdraw(order.order_id)
                    self._waiting[order.order_id] = None

    def _end_canceling(self, order: ClientOrder) -> None:
        self._canceling.pop(order.order_id, None)
        if not order.is_done and not order.order_class and self._faults.use("fill_after_cancel"):
            self._force(order, order.remaining)
        else:
            self.end(order, "canceled")

    def _expire(self) -> None:
        still_open: list[int] = []
        for order in self._open_orders():
            if order.expires_at <= self._by_symbol[order.symbol].position:
                self.end(order, "expired")
            else:
                still_open.append(order.expires_at)
        self._next_expiry = min(still_open, default=FAR_AWAY)

    def _open_orders(self) -> list[ClientOrder]:
        """Those in symbols that are still listed."""
        return [order for order in self._register.open_orders() if order.symbol in self._by_symbol]

    def _comes_in_parts(self, order: ClientOrder) -> bool:
        """Whether a fault wants it so; it stays armed for an order that could not trade at once."""
        price, limit = self._prices.reference(order.symbol, order.sign), order.worst_price
        reached = price > 0 and (limit is None or (price - limit) * order.sign <= 0)
        return order.remaining > 1 and reached and self._faults.use("partial_then_rest") is not None

    def _force(self, order: ClientOrder, qty: Decimal) -> None:
        """A fill out of nowhere, at the market or at the limit: only for faults."""
        price, limit = self._prices.reference(order.symbol, order.sign), order.worst_price
        if limit is not None and (not price or (price - limit) * order.sign > 0):
            price = limit
        if qty == order.remaining:
            self._by_symbol[order.symbol].withdraw(order.order_id)
        self._fills.append(VenueFill(order.order_id, qty, price, self._register.moment()))
        self.collect()
