"""The life of an order: when it begins to work and when its time is over, by the market's hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from uuid import uuid4

from domain.session import NEW_YORK, to_ns, trading_day
from simulator.client_order import ClientOrder
from simulator.hours import Hours, Today, next_session
from simulator.order_check import position_intent
from simulator.ticket import Ticket
from simulator.trader import Trader

GTC_DAYS, GTC_SWEEP = 90, time(16, 15)  # "Orders at Alpaca": aged orders end after 90 days


class OrderLife:
    """Answers for `position`, the instant up to which the market has been played."""

    def __init__(self, hours: Hours, position: Callable[[], int]) -> None:
        self._hours, self._position = hours, position
        self._today = Today(hours)

    def may_work(self) -> bool:
        """Whether there is a session for orders to work in."""
        return self._today.session(self._position()) is not None

    def begin(self, trader: Trader, ticket: Ticket, sequence: int, moment: int) -> ClientOrder:
        """The order that a ticket makes: pending in a session, else accepted until the next one opens."""
        return ClientOrder(
            order_id=uuid4(),
            account_id=trader.row.account_id,
            sequence=sequence,
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
            status="pending_new" if self.may_work() else "accepted",
            created_at=moment,
            updated_at=moment,
            expires_at=self._end(ticket, moment),
        )

    def _end(self, ticket: Ticket, moment: int) -> int:
        """Good till canceled is 90 days, everything else the session, or the next one when the market is closed."""
        if ticket.time_in_force == "gtc":
            day = trading_day(moment) + timedelta(days=GTC_DAYS)
            return to_ns(datetime.combine(day, GTC_SWEEP, NEW_YORK))
        position = self._position()
        return (self._today.session(position) or next_session(self._hours, position)).closes_at
