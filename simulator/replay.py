"""A replay: a tape played without sockets, with the actions of a log on it, as fast as it goes or at a speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.session import NS_PER_SECOND
from simulator.account_limits import AccountLimits, parse_limits
from simulator.action import Action
from simulator.client_order import ClientOrder
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.logged_floor import LoggedFloor
from simulator.market import FillModel, Market
from simulator.practice_db import PracticeDb
from simulator.rejection import Rejection
from simulator.replay_report import TapeMark, report_of
from simulator.request_body import parse_body
from simulator.tape import read_tape
from simulator.tape_market import tape_markets
from simulator.tape_play import TapePlay
from simulator.ticket import parse_ticket
from simulator.trader import Configurations, Trader
from simulator.wire_fields import Fields

PIECE_NS = 60 * NS_PER_SECOND
USUAL_CASH = Decimal(100_000)


class ReplayError(ValueError):
    """An action that cannot be done: says which one and why."""


class Replay:
    """One tape, from its first event. `refused` are the actions that the market rejected, as it may have when they were noted."""

    def __init__(self, path: Path, fill_model: FillModel = "quote") -> None:
        """Raises TapeError."""
        events = read_tape(path)
        self.mark, self.fill_model = TapeMark.of(path, events), fill_model
        self._now = 0
        shares, coins = tape_markets(events, 1.0, lambda: self._now)
        self.ends_at = shares.ends_at
        self._markets = [Market(source, fill_model) for source in (shares, coins) if source is not None]
        exchanges = [Exchange(market) for market in self._markets]
        self.floor = LoggedFloor(exchanges, PracticeDb(None), lambda account_id, update: None, Faults(), lambda _: None)
        self._play = TapePlay(self._markets, self.floor)
        self.refused: list[str] = []
        shares.start()
        self._advance(self.floor.position)

    def run(self, actions: Sequence[Action], speed: float | None = None) -> Fields:
        """Does them all, to the log's end or the tape's; the report. Raises ReplayError. `speed` in tape seconds a second."""
        pace = _Pace(speed, self.floor.position)
        if not actions or actions[0].do != "open":
            self._open({"cash": USUAL_CASH})
            self.floor.resume()
        for number, action in enumerate(actions, start=1):
            if action.do != "elsewhere":
                if action.at < self.floor.position:
                    raise ReplayError(
                        f"action {number} ({action.do}): at is before the actions above it, or before the tape"
                    )
                self._go(min(action.at, self.ends_at), pace)
            if action.do == "end":
                return self.report()
            try:
                self._do(replace(action, fields=parse_body(msgspec.json.encode(action.fields))))
            except Rejection as refusal:
                self.refused.append(f"action {number} ({action.do}): {refusal.message}")
            except (LookupError, TypeError, ValueError) as problem:
                raise ReplayError(f"action {number} ({action.do}): {problem}") from problem
        self._go(self.ends_at, pace)
        self.floor.turn()
        return self.report()

    def report(self) -> Fields:
        """As it stands."""
        return report_of(self.floor, self.mark, self.fill_model)

    def _go(self, until: int, pace: _Pace) -> None:
        """In pieces, so that a pace can be kept."""
        for moment in pace.steps(self.floor.position, until):
            self._advance(moment)

    def _advance(self, until: int) -> None:
        self._now += max(0, until - self._markets[0].now())
        for _ in self._play.play(until):
            pass

    def _do(self, action: Action) -> None:
        deeds: dict[str, Callable[[Action], object]] = {
            "open": lambda each: self._open(each.fields),
            "close": lambda each: self.floor.close_account(self._trader(each)),
            "limit": lambda each: self.floor.limit(self._trader(each), self._limits(each.fields)),
            "configure": self._configure,
            "submit": self._submit,
            "replace": lambda each: self.floor.replace(self._order(each), each.fields),
            "cancel": self._cancel,
            "turn": lambda each: self.floor.turn(),
            "halt": self._halt,
            "elsewhere": self._go_elsewhere,
        }
        deeds[action.do](action)

    def _open(self, fields: Mapping[str, Any]) -> None:
        number = len(self.floor.traders)
        cash = Decimal(str(fields.get("cash", USUAL_CASH)))
        self.floor.open_account(f"account-{number}", "", cash, self._limits(fields))

    def _limits(self, fields: Mapping[str, Any]) -> AccountLimits:
        return parse_limits(fields, self.floor.listings, AccountLimits())

    def _configure(self, action: Action) -> None:
        self.floor.configure(self._trader(action), msgspec.convert(action.fields, Configurations, strict=False))

    def _submit(self, action: Action) -> None:
        self.floor.submit(self._trader(action), parse_ticket(action.fields, self.floor.listings))

    def _cancel(self, action: Action) -> None:
        self.floor.cancel(self._order(action), at_once=bool(action.fields.get("at_once")))

    def _halt(self, action: Action) -> None:
        self.floor.market.halted.clear()
        self.floor.market.halted.update(action.fields.get("symbols", []))

    def _go_elsewhere(self, action: Action) -> None:
        for market in self._markets:
            market.source.time.jump(action.at)
            market.begin_again()
        self.floor.go_elsewhere()

    def _trader(self, action: Action) -> Trader:
        traders = list(self.floor.traders.values())
        if not 0 <= action.account < len(traders):
            raise LookupError(f"account {action.account} is not open; there are {len(traders)}, counted from 0")
        return traders[action.account]

    def _order(self, action: Action) -> ClientOrder:
        for trader in self.floor.traders.values():
            for order in trader.orders.values():
                if order.sequence == action.number:
                    return order
        raise LookupError(f"order {action.number} is not there")


class _Pace:
    """Waits so that tape seconds go by at a speed; None never waits."""

    def __init__(self, speed: float | None, position: int) -> None:
        self._speed, self._from = speed, position
        self._started = time.monotonic()

    def steps(self, position: int, until: int) -> Iterator[int]:
        """Instants on the way, each given when its time has come."""
        piece = PIECE_NS if self._speed is None else max(1, int(self._speed * NS_PER_SECOND / 20))
        while position < until:
            position = min(until, position + piece)
            if self._speed is not None:
                due = self._started + (position - self._from) / NS_PER_SECOND / self._speed
                time.sleep(max(0.0, due - time.monotonic()))
            yield position
