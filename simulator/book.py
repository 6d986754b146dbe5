"""The limit order book of one symbol: price first, then what is shown, then time. All stand in it alike, whoever owns them."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.ladder import Ladder
from simulator.order import BUY, SELL, Fill, Order, Side


class Book:
    """Matches what arrives against what rests; afterwards the best bid is below the best ask.

    Hidden orders can be traded with and cannot be seen: prices and sizes that the book tells are those of shown ones.
    Nobody trades with himself: a resting order that one of the same owner would meet is taken out.
    """

    def __init__(self, many: str = "") -> None:
        """`many` is an owner who is many people."""
        self._many = many
        self._displaced: list[Order] = []
        self._bids, self._asks = Ladder(BUY), Ladder(SELL)
        self._hidden_bids, self._hidden_asks = Ladder(BUY), Ladder(SELL)
        self._resting: dict[int, Order] = {}

    def submit(self, order: Order, *, rest: bool = True) -> list[Fill]:
        """The fills, best price and oldest order first; what is left rests, or is dropped when `rest` is false."""
        fills = self._match(order)
        if rest and order.remaining:
            self._ladder(order).add(order)
            self._resting[order.order_id] = order
        return fills

    def _ladder(self, order: Order) -> Ladder:
        if order.hidden:
            return self._hidden_bids if order.side > 0 else self._hidden_asks
        return self._bids if order.side > 0 else self._asks

    def _match(self, order: Order) -> list[Fill]:
        shown, hidden = (self._asks, self._hidden_asks) if order.side > 0 else (self._bids, self._hidden_bids)
        limit, fills = order.price * shown.sign, list[Fill]()
        while order.remaining:
            ladder = shown
            if hidden.ranks and (not shown.ranks or hidden.ranks[0] < shown.ranks[0]):
                ladder = hidden
            if not ladder.ranks or ladder.ranks[0] > limit:
                break
            resting = ladder.first()
            if resting.owner == order.owner and order.owner != self._many:
                self._displace(resting)
            else:
                fills.append(self._fill(ladder, resting, order))
        return fills

    def _displace(self, order: Order) -> None:
        self.cancel(order.order_id)
        self._displaced.append(order)

    def drain_displaced(self) -> list[Order]:
        """The orders that had to give way to one of the same owner, since the last call."""
        displaced, self._displaced = self._displaced, []
        return displaced

    def _fill(self, ladder: Ladder, resting: Order, incoming: Order) -> Fill:
        price, level = resting.price, ladder.levels[resting.price]
        quantity = min(resting.remaining, incoming.remaining)
        resting.remaining -= quantity
        incoming.remaining -= quantity
        level.quantity -= quantity
        if not resting.remaining:
            ladder.remove(resting)
            del self._resting[resting.order_id]
        return Fill(price, quantity, resting, incoming)

    def cancel(self, order_id: int) -> Order | None:
        """The order taken out of the book with what was left of it, or None when it does not rest there."""
        order = self._resting.pop(order_id, None)
        if order is not None:
            self._ladder(order).remove(order)
        return order

    def reduce(self, order_id: int, remaining: int) -> bool:
        """Fewer shares in the same place of the queue; False when it does not rest here with more than that."""
        order = self._resting.get(order_id)
        if order is None or not 0 < remaining < order.remaining:
            return False
        self._ladder(order).reduce(order, remaining)
        return True

    def all_orders(self) -> list[Order]:
        """Everything that rests, hidden orders too, the oldest first."""
        return list(self._resting.values())

    def cancel_all(self, owner: str) -> None:
        """Takes every order of one owner out."""
        for order in [order for order in self._resting.values() if order.owner == owner]:
            self.cancel(order.order_id)

    def best(self, side: Side) -> int | None:
        """The best price of a side in ticks; None when the side is empty."""
        return self._bids.best() if side > 0 else self._asks.best()

    def quantity(self, side: Side, price: int) -> int:
        """The shares that rest at a price."""
        return (self._bids if side > 0 else self._asks).quantity(price)

    def within(self, side: Side, price: int, owner: str = "") -> int:
        """The shares of others that an order of a side could have at once, up to its price; hidden ones too."""
        ladders = (self._asks, self._hidden_asks) if side > 0 else (self._bids, self._hidden_bids)
        found = (order for ladder in ladders for order in ladder.within(price))
        return sum(order.remaining for order in found if order.owner != owner or owner == self._many)

    def touch(self) -> tuple[int, int, int, int]:
        """Best bid, its shares, best ask, its shares; zeros for an empty side."""
        bids, asks = self._bids, self._asks
        bid = bids.ranks[0] * -1 if bids.ranks else 0
        ask = asks.ranks[0] if asks.ranks else 0
        return bid, bids.levels[bid].quantity if bid else 0, ask, asks.levels[ask].quantity if ask else 0

    def levels(self, side: Side) -> Iterator[tuple[int, int]]:
        """A side's prices in ticks with what is shown there, best first."""
        return (self._bids if side > 0 else self._asks).prices()

    def orders(self, side: Side) -> Iterator[Order]:
        """A side's shown orders in the order in which they would be filled."""
        return (self._bids if side > 0 else self._asks).orders()
