"""The pit of one symbol: its book, and the public trades and quotes that come out of it."""

from __future__ import annotations

from typing import Literal

from simulator.book import Book
from simulator.listing import Listing
from simulator.notice import PriceBand, TradingStatus
from simulator.order import TICKS_PER_DOLLAR, Fill, Order, Side
from simulator.quote import CryptoQuote, Quote
from simulator.source import Event
from simulator.trade import CryptoTrade, Trade

EXCHANGE_CODE = "V"  # IEX in Alpaca's exchange codes
OWNER = "crowd"


class Pit:
    """Everybody's orders go through here, so that every fill is printed and every change of the touch is quoted."""

    def __init__(self, listing: Listing, outbox: list[Pit] | None = None) -> None:
        """It puts itself into the `outbox` when there is something to drain."""
        self.listing = listing
        self._outbox = outbox if outbox is not None else []
        self.book = Book(many=OWNER)
        self.last_price: int | None = None
        self.halted = False
        self.band: tuple[int, int] | None = None
        self._published: list[Event] = []
        self._fills: list[tuple[int, Fill]] = []
        self._waiting: dict[int, tuple[Order, int]] = {}
        self._touch = (0, 0, 0, 0)
        self._last_trade_id = 0
        self._last_order_id = 0

    def place(
        self,
        ts_event: int,
        owner: str,
        side: Side,
        price: int,
        quantity: int,
        *,
        rest: bool = True,
        hidden: bool = False,
    ) -> Order:
        """The order after matching; its fills are printed. `price` in ticks; not `rest` = immediate or cancel."""
        self._last_order_id += 1
        order = Order(self._last_order_id, owner, side, self._within(side, price), quantity, hidden)
        self._submit(ts_event, order, rest=rest)
        return order

    def wait(self, order: Order, price: int) -> None:
        """An order that found too little and stands in no book: it takes what arrives up to a price, after each action."""
        self._waiting[order.order_id] = order, price

    def set_band(self, down: int, up: int) -> None:
        """Nobody trades beyond these prices in ticks; orders that stand there stand at the band now."""
        self.band = down, up
        for order in self.book.all_orders():
            price = self._within(order.side, order.price)
            if price != order.price:
                self.book.cancel(order.order_id)
                order.price = price
                self.book.submit(order)

    def _within(self, side: Side, price: int) -> int:
        if self.band is None:
            return price
        return min(price, self.band[1]) if side > 0 else max(price, self.band[0])

    def cancel(self, order_id: int) -> None:
        """The order neither rests nor waits any more."""
        self._waiting.pop(order_id, None)
        self.book.cancel(order_id)

    def _submit(self, ts_event: int, order: Order, *, rest: bool) -> None:
        for fill in self.book.submit(order, rest=rest):
            if fill.resting.owner != OWNER or fill.incoming.owner != OWNER:
                self._fills.append((ts_event, fill))
            self._print(ts_event, fill)

    def _serve_waiting(self, ts_event: int) -> None:
        for order, price in list(self._waiting.values()):
            order.price = self._within(order.side, price)
            self._submit(ts_event, order, rest=False)
            if not order.remaining:
                del self._waiting[order.order_id]

    def quote(self, ts_event: int) -> None:
        """Publishes the touch if it has changed, but not in a halt: to be called when an action is complete."""
        if self._waiting and not self.halted:
            self._serve_waiting(ts_event)
        touch = self.book.touch()
        if touch != self._touch and not self.halted:
            self._touch = touch
            self._publish(self._quote_of(ts_event, touch))

    def say(self, notice: TradingStatus | PriceBand) -> None:
        """Something besides trades and quotes."""
        self._publish(notice)

    def _publish(self, event: Event) -> None:
        if not self._published:
            self._outbox.append(self)
        self._published.append(event)

    def drain(self) -> list[Event]:
        """What was published since the last call, in order."""
        published, self._published = self._published, []
        return published

    def drain_fills(self) -> list[tuple[int, Fill]]:
        """Every fill of a client's order since the last call with its moment, in order."""
        fills, self._fills = self._fills, []
        return fills

    def _print(self, ts_event: int, fill: Fill) -> None:
        self.last_price = fill.price
        price, size = fill.price / TICKS_PER_DOLLAR, self.listing.size(fill.quantity)
        self._publish(self.trade(ts_event, price, size, fill.incoming.side))

    def trade(self, ts_event: int, price: float, size: float, taker: Side) -> Trade:
        """A print with the next id, for whoever publishes it."""
        # Microseconds of market time keep the ids growing across a restart, below 2**53 for clients that use floats.
        self._last_trade_id = max(self._last_trade_id + 1, ts_event // 1_000)
        symbol, number = self.listing.symbol, self._last_trade_id
        if self.listing.is_crypto:
            side: Literal["B", "S"] = "B" if taker is Side.BUY else "S"
            return CryptoTrade(symbol, ts_event, number, price, size, "", "", taker_side=side)
        return Trade(symbol, ts_event, number, price, size, EXCHANGE_CODE, self.listing.tape)

    def _quote_of(self, ts_event: int, touch: tuple[int, int, int, int]) -> Quote:
        bid, bid_size, ask, ask_size = touch
        kind = CryptoQuote if self.listing.is_crypto else Quote
        return kind(
            self.listing.symbol,
            ts_event,
            bid / TICKS_PER_DOLLAR,
            self.listing.size(bid_size),
            ask / TICKS_PER_DOLLAR,
            self.listing.size(ask_size),
            "" if self.listing.is_crypto else EXCHANGE_CODE,
            self.listing.tape,
        )

    def depth(self) -> tuple[dict[float, float], dict[float, float]]:
        """Size by price, of bids and of asks."""
        sides = (self.book.levels(side) for side in Side)
        bids, asks = (
            {price / TICKS_PER_DOLLAR: self.listing.size(quantity) for price, quantity in levels} for levels in sides
        )
        return bids, asks
