"""Control of the market's clock: pause, resume, speed, step, jump and reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from domain.session import NEW_YORK, NS_PER_SECOND, to_datetime, to_ns
from simulator.feeds import Feeds
from simulator.programme import Programme
from simulator.pump import Pump
from simulator.rejection import Rejection
from simulator.request_body import parse_number
from simulator.tape_market import TapeMarket
from simulator.trading_floor import TradingFloor
from simulator.wire_fields import Fields
from simulator.wire_time import rfc3339

SLOWEST, FASTEST = 0.1, 100.0
LONGEST_STEP_S = 1_500.0  # what is further away is not traded through: the market begins anew there
FIELDS = {
    "pause": frozenset[str](),
    "resume": frozenset[str](),
    "speed": frozenset({"speed"}),
    "step": frozenset({"seconds"}),
    "jump": frozenset({"to"}),
    "reset": frozenset({"accounts"}),
}
"""What each action may be told."""


def bad_clock(message: str) -> Rejection:
    """The request cannot be followed; the text names the field."""
    return Rejection(400, 40010000, message)


class ClockControl:
    """Every market follows one clock. Who jumps or resets closes the data streams with 1001: clients begin anew."""

    def __init__(
        self,
        floor: TradingFloor,
        feeds: Feeds,
        programme: Programme,
        pump: Pump,
        *,
        calm: Callable[[], None],
        renew_accounts: Callable[[], object],
    ) -> None:
        """`calm` ends all scenarios and faults: they belong to the time in which they were begun."""
        self._market, self._floor, self._feeds = floor.market, floor, feeds
        self._programme, self._pump = programme, pump
        self._calm, self._renew_accounts = calm, renew_accounts

    async def act(self, fields: Mapping[str, Any]) -> Fields:
        """Does what {"action": ...} says between two turns of the market; the clock's state after it. Raises Rejection."""
        action = _action(fields)
        async with self._pump.at_rest():
            await getattr(self, f"_{action}")(fields)
        return self.state()

    def state(self) -> Fields:
        """Where the clock stands; `waiting` for the first listener, which only a tape does."""
        now, clock = self._market.now(), self._market.source.time
        return {
            "market_time": rfc3339(now),
            "new_york": to_datetime(now).astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M:%S"),
            "speed": clock.rate,
            "paused": clock.is_paused,
            "waiting": clock.rate == 0,
            "is_open": self._market.is_open(),
        }

    async def _pause(self, _: Mapping[str, Any]) -> None:
        self._market.source.time.pause()
        await self._pump.turn()

    async def _resume(self, _: Mapping[str, Any]) -> None:
        self._market.source.start()
        self._market.source.time.resume()

    async def _speed(self, fields: Mapping[str, Any]) -> None:
        speed = _number(fields, "speed", SLOWEST, FASTEST)
        self._market.source.start()
        self._market.source.time.set_rate(speed)

    async def _step(self, fields: Mapping[str, Any]) -> None:
        """Time goes by at once, and everything happens in it; then the clock stands."""
        seconds = _number(fields, "seconds", 0.001, LONGEST_STEP_S)
        clock = self._market.source.time
        self._market.source.start()
        clock.pause()
        clock.jump(clock.now() + int(seconds * NS_PER_SECOND))
        await self._pump.turn()

    async def _jump(self, fields: Mapping[str, Any]) -> None:
        """To another time of the same day in New York; what lies between is not traded."""
        moment = self._moment(_time_of_day(fields))
        self._market.source.start()
        self._market.source.time.jump(moment)
        self._begin_again()

    def _moment(self, at: time) -> int:
        today = to_datetime(self._market.now()).astimezone(NEW_YORK).date()
        moment, source = to_ns(datetime.combine(today, at, NEW_YORK)), self._market.source
        if isinstance(source, TapeMarket) and not source.begins_at <= moment <= source.ends_at:
            first, last = (to_datetime(end).astimezone(NEW_YORK) for end in (source.begins_at, source.ends_at))
            raise bad_clock(f"to must be within the tape, {first:%H:%M:%S} to {last:%H:%M:%S} in New York")
        return moment

    async def _reset(self, fields: Mapping[str, Any]) -> None:
        """Back to the beginning: of the tape, or to the wall's time. The accounts begin anew too, unless they shall not."""
        accounts = fields.get("accounts", True)
        if not isinstance(accounts, bool):
            raise bad_clock("accounts must be true (they begin anew) or false")
        self._market.source.rewind()
        self._begin_again()
        if accounts:
            self._renew_accounts()
        self._pump.await_listener()

    def _begin_again(self) -> None:
        self._calm()
        self._feeds.close_all()
        self._market.begin_again()
        self._programme.begin_again()
        self._floor.go_elsewhere()


def _action(fields: Mapping[str, Any]) -> str:
    action = fields.get("action")
    if not isinstance(action, str) or action not in FIELDS:
        raise bad_clock(f"action must be one of {', '.join(FIELDS)}")
    unknown = fields.keys() - FIELDS[action] - {"action"}
    if unknown:
        known = ", ".join(sorted(FIELDS[action])) or "nothing else"
        raise bad_clock(f"{action} does not know {', '.join(sorted(unknown))}; it takes {known}")
    return action


def _number(fields: Mapping[str, Any], name: str, least: float, most: float) -> float:
    if name not in fields:
        raise bad_clock(f"{name} is missing: a number from {least:g} to {most:g}")
    try:
        number = float(parse_number(fields[name], name))
    except Rejection as problem:
        raise bad_clock(f"{name} must be a number from {least:g} to {most:g}") from problem
    if not least <= number <= most:
        raise bad_clock(f"{name} must be from {least:g} to {most:g}, not {number:g}")
    return number


def _time_of_day(fields: Mapping[str, Any]) -> time:
    text = fields.get("to")
    try:
        at = time.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise bad_clock("to must be a time of day in New York, such as 09:35 or 15:59:30")
    return at
