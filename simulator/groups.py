"""Groups: orders that hang together, an entry with its legs, or a take-profit with its stop-loss.

Source: "Orders at Alpaca" (bracket, OCO and OTO orders).
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.client_order import ClientOrder, Status
from simulator.register import Register
from simulator.stops import Stops


class Groups:
    """Of the exits of a group at most one works at any time, so that together they never fill more than one was for."""

    def __init__(
        self,
        register: Register,
        stops: Stops,
        begin: Callable[[ClientOrder], None],
        finish: Callable[[ClientOrder, Status], None],
    ) -> None:
        """`begin` lets an order work; `finish` ends it unless it has just been filled, and touches nothing else."""
        self._register, self._stops = register, stops
        self._begin, self._finish = begin, finish

    def others(self, order: ClientOrder) -> list[ClientOrder]:
        """The open orders of the group besides this one."""
        trader = self._register.whose(order)
        top = order.parent_id or order.order_id
        found = [trader.orders[top], *trader.legs(top)] if order.order_class else []
        return [each for each in found if each.order_id != order.order_id and not each.is_done]

    def is_armed(self, leg: ClientOrder) -> bool:
        """Whether a held stop-loss waits for its price, as the position is there."""
        return leg.parent_id is not None and (
            leg.order_class == "oco" or self._register.latest(leg.parent_id).status == "filled"
        )

    def filled(self, order: ClientOrder) -> None:
        """After each execution: an entry lets its legs live, an exit takes from the other."""
        others = self.others(order)
        if order.parent_id is None and order.order_class != "oco":
            if order.is_done:
                self._arm(others)
            return
        for other in others:
            if order.is_done:
                self._finish(other, "canceled")
            elif other.remaining > order.remaining:
                smaller = other.changed(qty=other.filled_qty + order.remaining, updated_at=self._register.moment())
                self._register.tell("restated", self._register.put(smaller))

    def _arm(self, legs: list[ClientOrder]) -> None:
        """The take-profit works at once; beside it a stop-loss is held on until its price is reached."""
        for leg in legs:
            if leg.awaits_election and len(legs) > 1:
                self._stops.watch(leg)
        for leg in legs:
            if not leg.awaits_election or len(legs) == 1:
                self._begin(leg)

    def ended(self, order: ClientOrder) -> None:
        """Who cancels one cancels all; an entry that is not filled whole takes its legs with it."""
        for other in self.others(order):
            self._finish(other, "canceled")

    def reached(self, leg: ClientOrder) -> None:
        """Before a stop works the others of its group end."""
        for other in self.others(leg):
            self._finish(other, "canceled")

    def replaced(self, old: ClientOrder, new: ClientOrder) -> None:
        """The legs of an order that was replaced are those of the new one."""
        for leg in self._register.whose(old).legs(old.order_id):
            self._register.put(leg.changed(parent_id=new.order_id))
