"""A trading floor that notes what is done to it, so that it can be done again: the same tape and log give the same fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from simulator.account_limits import AccountLimits
from simulator.action import Action, Deed, as_request, body_of
from simulator.changes import Publish
from simulator.client_order import ClientOrder
from simulator.exchange import Exchange
from simulator.fault import Faults
from simulator.practice_db import PracticeDb
from simulator.ticket import Ticket
from simulator.trader import Configurations, Trader
from simulator.trading_floor import TradingFloor


class LoggedFloor(TradingFloor):
    """Each action is noted with the instant up to which the market had been played; `note` keeps it."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        db: PracticeDb,
        publish: Publish,
        faults: Faults,
        note: Callable[[Action], None],
    ) -> None:
        super().__init__(exchanges, db, publish, faults)
        self._note = note
        self._halted: list[str] = []
        # What is done between two events must have the same moment whenever it is done again.
        self._register.follow(lambda: self.position)

    @property
    def position(self) -> int:
        """The instant up to which everything has been played."""
        return self.market.source.played_until

    @property
    def has_work(self) -> bool:
        """Whether any order is open."""
        return any(trader.open_orders for trader in self.traders.values())

    def _noted(self, do: Deed, account: UUID | None = None, number: int = 0, **fields: Any) -> None:
        index = list(self.traders).index(account) if account is not None else 0
        self._note(Action(at=self.position, do=do, account=index, number=number, fields=as_request(fields)))

    def open_account(self, key: str, secret: str, cash: Decimal, limits: AccountLimits | None = None) -> Trader:
        """As it is; the keys are not noted."""
        trader = super().open_account(key, secret, cash, limits)
        self._noted("open", trader.row.account_id, cash=cash, **asdict(trader.row.limits))
        return trader

    def close_account(self, trader: Trader) -> None:
        """As it is."""
        self._noted("close", trader.row.account_id)
        super().close_account(trader)

    def limit(self, trader: Trader, limits: AccountLimits) -> None:
        """As it is."""
        self._noted("limit", trader.row.account_id, **asdict(limits))
        super().limit(trader, limits)

    def configure(self, trader: Trader, configurations: Configurations) -> None:
        """As it is."""
        self._noted("configure", trader.row.account_id, **asdict(configurations))
        super().configure(trader, configurations)

    def submit(self, trader: Trader, ticket: Ticket) -> ClientOrder:
        """As it is; an order that is refused is noted too."""
        self._noted("submit", trader.row.account_id, **body_of(ticket))
        return super().submit(trader, ticket)

    def replace(self, order: ClientOrder, fields: Mapping[str, Any]) -> ClientOrder:
        """As it is."""
        self._noted("replace", number=order.sequence, **fields)
        return super().replace(order, fields)

    def cancel(self, order: ClientOrder, *, at_once: bool = False) -> None:
        """As it is."""
        self._noted("cancel", number=order.sequence, at_once=at_once)
        super().cancel(order, at_once=at_once)

    def note_halts(self) -> None:
        """To be called when nobody may trade a symbol any more, or may again."""
        halted = sorted(self.market.halted)
        if halted != self._halted:
            self._halted = halted
            self._noted("halt", symbols=halted)

    def turn(self) -> None:
        """As it is; noted only if it changed anything, which depends on when it is called."""
        before = self._state()
        super().turn()
        if self._state() != before:
            self._noted("turn")

    def turn_at_event(self) -> None:
        """The turn that follows each event of a tape: it needs no note."""
        super().turn()

    def _state(self) -> tuple[object, ...]:
        # An order that waited in a halt goes to work without being another.
        return self._register.changes, self._work.queues, *(exchange.phase for exchange in self._exchanges.values())

    def go_elsewhere(self) -> None:
        """As it is."""
        self._noted("elsewhere")
        super().go_elsewhere()

    def end(self) -> None:
        """Nothing more is done to it."""
        self._noted("end")
