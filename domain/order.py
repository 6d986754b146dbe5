"""The order: what was asked of the broker, and how far it has come.

`state` is Alpaca's own word as soon as Alpaca has spoken of the order, and one of ours before that or instead of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final


class Side(StrEnum):
    """Alpaca's words."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """Alpaca's words; the types that the desk sends."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """Alpaca's words; those that the desk sends."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPG = "opg"
    CLS = "cls"


class OrderClass(StrEnum):
    """Alpaca's words: one order, or several that hang together.

    A bracket is an entry with a take-profit and a stop-loss, an OTO an entry with one of them, an OCO both without an entry.
    """

    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


INTENT: Final = "intent"
SENDING: Final = "sending"
UNKNOWN: Final = "unknown"
DENIED: Final = "denied"
NOT_PLACED: Final = "not_placed"
REJECTED: Final = "rejected"

UNSETTLED: Final = frozenset({INTENT, SENDING, UNKNOWN})
"""Nobody knows yet whether the broker has the order. Its exposure counts."""

WORKING: Final = frozenset(
    {
        "accepted",
        "pending_new",
        "new",
        "partially_filled",
        "pending_cancel",
        "pending_replace",
        "held",
        "done_for_day",
        "stopped",
        "suspended",
        "calculated",
        "accepted_for_bidding",
    }
)
"""The broker has the order and may still fill it."""

DONE: Final = frozenset({DENIED, NOT_PLACED, REJECTED, "filled", "canceled", "expired", "replaced"})
"""Nothing more is expected. A done order never moves again; a fill that comes late still counts."""

OPEN: Final = UNSETTLED | WORKING
"""May still change a position. A word of the broker that nobody here knows counts as open too: ask `state not in DONE`."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one account. Times are nanoseconds UTC of this machine's clock, quantities shares, prices USD.

    An order for an amount of money has `notional` (USD) and a `qty` of 0 until the broker tells it. `trail_percent` is in
    percent, as Alpaca's. `take_profit_price`, `stop_loss_price` and `stop_loss_limit_price` are those of the orders that come
    with this one; each of these is an order of its own, whose `parent_id` is this one's order id. `replaces` and
    `replaced_by` are order ids too.
    """

    client_order_id: str
    account_id: str
    symbol: str
    side: Side
    type: str
    qty: Decimal
    time_in_force: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    order_id: str = ""
    state: str = INTENT
    filled_qty: Decimal = Decimal(0)
    filled_avg_price: Decimal | None = None
    reason: str = ""
    external: bool = False
    created_at: int = 0
    updated_at: int = 0
    notional: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    order_class: str = OrderClass.SIMPLE.value
    take_profit_price: Decimal | None = None
    stop_loss_price: Decimal | None = None
    stop_loss_limit_price: Decimal | None = None
    parent_id: str = ""
    replaces: str = ""
    replaced_by: str = ""

    @property
    def remaining(self) -> Decimal:
        """What may still be filled; 0 once the order is done, and of an order for an amount of money."""
        return Decimal(0) if self.state in DONE else max(Decimal(0), self.qty - self.filled_qty)


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """An order as the broker tells of it, in a REST answer or a trade update. `legs` are those of the orders that came with
    it that the answer holds; each has this one's id as its `parent_id`."""

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    type: str
    qty: Decimal
    time_in_force: str
    status: str
    filled_qty: Decimal
    filled_avg_price: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    notional: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    order_class: str = OrderClass.SIMPLE.value
    parent_id: str = ""
    replaces: str = ""
    replaced_by: str = ""
    legs: tuple[BrokerOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class TradeUpdate:
    """One event of the trading stream. `fill` is there for fills only."""

    event: str
    order: BrokerOrder
    ts_event: int
    execution_id: str = ""
    price: Decimal | None = None
    qty: Decimal | None = None
    raw: dict[str, Any] | None = None
