"""The life of an order: when it may work and when its time is over, by the market's hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Literal

from domain.session import NEW_YORK, NS_PER_SECOND, Session, to_ns, trading_day
from simulator.client_order import AUCTIONS, ClientOrder
from simulator.hours import Hours, Today, last_session, next_session
from simulator.rejection import forbidden

GTC_DAYS, GTC_SWEEP = 90, time(16, 15)  # "Orders at Alpaca": aged orders end after 90 days
EVENING = time(19, 0)  # "Orders at Alpaca": from then on orders for the auctions of the next day are taken
LAST_CALL_NS = {"opg": 120 * NS_PER_SECOND, "cls": 600 * NS_PER_SECOND}  # 09:28 and 15:50 on a usual day
AUCTION_NS = 1_800 * NS_PER_SECOND  # one that nobody was there to hold is not held with the prices of another day
EARLY = time(4, 0)
LATE_NS = 4 * 3_600 * NS_PER_SECOND  # extended hours go on for four hours after the close

Phase = Literal["core", "extended", "closed"]


class OrderLife:
    """Answers for `position`, the instant up to which the market has been played."""

    def __init__(self, hours: Hours, position: Callable[[], int], *, extended: bool = False) -> None:
        """`extended` says whether there are hours before and after a session in which orders may be filled."""
        self._hours, self._position = hours, position
        self._today = Today(hours)
        self._extended = extended

    def session(self) -> Session | None:
        """The session that goes on."""
        return self._today.session(self._position())

    def phase(self) -> Phase:
        """Where the market stands."""
        if self.session() is not None:
            return "core"
        return "extended" if self._extended and self._late_end(self._position()) is not None else "closed"

    def may_work(self, extended_hours: bool = False) -> bool:
        """Whether an order can be filled now."""
        phase = self.phase()
        return phase == "core" or (phase == "extended" and extended_hours)

    def _late_end(self, position: int) -> int | None:
        """When the extended hours of the day end, if it has any and they have begun."""
        day = trading_day(position)
        for session in self._hours.sessions(day, day):
            begins, ends = to_ns(datetime.combine(day, EARLY, NEW_YORK)), session.closes_at + LATE_NS
            if begins <= position < ends:
                return ends
        return None

    def end(self, time_in_force: str, moment: int, *, extended_hours: bool = False) -> int:
        """Good till canceled is 90 days, everything else the session, or the next one when the market is closed."""
        if time_in_force == "gtc":
            day = trading_day(moment) + timedelta(days=GTC_DAYS)
            return to_ns(datetime.combine(day, GTC_SWEEP, NEW_YORK))
        position = self._position()
        if extended_hours and self._extended:
            late_end = self._late_end(position)
            return late_end or self.session_ahead().closes_at + LATE_NS
        if time_in_force == "opg":
            return next_session(self._hours, position).closes_at
        return self.session_ahead().closes_at

    def session_ahead(self) -> Session:
        """The session that goes on, or the next one."""
        return self.session() or next_session(self._hours, self._position())

    def check_auction(self, time_in_force: str) -> None:
        """Whether the next auction still takes orders, or takes them already. Raises Rejection.

        A market that never rests has no evening: there orders are taken until the last call, for midnight.
        """
        position = self._position()
        if time_in_force == "opg":
            ahead = next_session(self._hours, position)
            auction, text = ahead.opens_at, "opg orders must be submitted after 7:00pm and before 9:28am"
        else:
            ahead = self.session_ahead()
            auction, text = ahead.closes_at, "cls orders must be submitted after 7:00pm and before 3:55pm"
        before = last_session(self._hours, position)
        rests = before.closes_at < ahead.opens_at
        evening = to_ns(datetime.combine(before.day, EVENING, NEW_YORK))
        if position >= auction - LAST_CALL_NS[time_in_force] or (rests and position < evening):
            raise forbidden(text)

    def auction(self, order: ClientOrder) -> Literal["open", "close"] | None:
        """The auction that is due for an order that waits for one."""
        if order.time_in_force not in AUCTIONS:
            return None
        if order.time_in_force == "cls":
            return "close" if 0 <= self._position() - order.expires_at < AUCTION_NS else None
        session = self.session()
        return "open" if session is not None and session.closes_at == order.expires_at else None
