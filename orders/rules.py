"""The rules that Alpaca holds an order to, as far as they can be told from the order alone: one table, in Alpaca's words.

What needs the account (buying power, short sales, an exit that exits nothing) or the market's price and hours is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from domain.feed import Feed, feed_of
from domain.order import OrderClass, OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from orders.ticket import Ticket

ORDERS: Final = "Orders at Alpaca"
TRADING_API: Final = "Trading API, error messages of POST /v2/orders"
CRYPTO: Final = "Crypto Spot Trading, Supported Orders"
OPTIONS: Final = "Options Trading Overview, Error Responses"

MARKET_OR_LIMIT: Final = frozenset({OrderType.MARKET, OrderType.LIMIT})
DAY_OR_GTC: Final = frozenset({TimeInForce.DAY, TimeInForce.GTC})
COIN_TYPES: Final = frozenset({OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT})
COIN_TIMES: Final = frozenset({TimeInForce.GTC, TimeInForce.IOC})
ENTRIES: Final = frozenset({OrderClass.BRACKET, OrderClass.OTO})

LEAST_NOTIONAL: Final = Decimal(1)
LEAST_COIN_COST: Final = Decimal(10)
APART: Final = Decimal("0.01")
"""USD that an exit keeps at least from the price of its entry."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds unless `broken` says otherwise. It looks at `fields` only, and is told beside the first of them."""

    fields: tuple[str, ...]
    reason: str
    broken: Callable[[Ticket], bool]
    source: str


def broken_rules(ticket: Ticket, unread: Collection[str] = ()) -> dict[str, str]:
    """Reasons by field; none means that Alpaca would look at the order. A rule over a field in `unread` is left out."""
    found: dict[str, str] = {}
    for rule in RULES:
        if not any(field in unread for field in rule.fields) and rule.broken(ticket):
            found.setdefault(rule.fields[0], rule.reason)
    return found


def is_coin(ticket: Ticket) -> bool:
    """A pair such as BTC/USD."""
    return feed_of(ticket.symbol) is Feed.CRYPTO


def is_option(ticket: Ticket) -> bool:
    """A contract, named as the OCC does."""
    return feed_of(ticket.symbol) is Feed.OPTIONS


def is_fractional(ticket: Ticket) -> bool:
    """Parts of a share, or shares for an amount of money; coins and contracts have rules of their own."""
    whole = ticket.qty == ticket.qty.to_integral_value()
    return not is_coin(ticket) and not is_option(ticket) and (ticket.notional is not None or not whole)


def is_advanced(ticket: Ticket) -> bool:
    """Several orders that hang together."""
    return ticket.order_class is not OrderClass.SIMPLE


def exits_long(ticket: Ticket) -> bool:
    """Whether the exits sell: those of a purchase do, and an OCO that sells is one."""
    return (ticket.side is Side.BUY) is (ticket.order_class is not OrderClass.OCO)


def _no_time_of_a_stop(ticket: Ticket) -> bool:
    return not is_coin(ticket) and ticket.type not in MARKET_OR_LIMIT and ticket.time_in_force not in DAY_OR_GTC


def _costs_too_little(ticket: Ticket) -> bool:
    cost = ticket.notional
    if cost is None and ticket.limit_price is not None:
        cost = ticket.qty * ticket.limit_price
    return is_coin(ticket) and cost is not None and cost < LEAST_COIN_COST


def _not_one_exit(ticket: Ticket) -> bool:
    exits = (ticket.take_profit_price, ticket.stop_loss_price)
    return ticket.order_class is OrderClass.OTO and sum(price is not None for price in exits) != 1


def _room(ticket: Ticket) -> Decimal | None:
    """How far the take-profit is on the winning side of the stop-loss, USD; None unless there are both."""
    if ticket.take_profit_price is None or ticket.stop_loss_price is None or not is_advanced(ticket):
        return None
    return (ticket.take_profit_price - ticket.stop_loss_price) * (1 if exits_long(ticket) else -1)


def _is_crossed(ticket: Ticket, long: bool) -> bool:
    room = _room(ticket)
    return room is not None and room <= 0 and exits_long(ticket) is long


def _is_beyond(ticket: Ticket, price: Decimal | None, wins: bool, long: bool) -> bool:
    """Whether an exit is not on its side of the price of a limit entry; at the market only the broker knows that price."""
    base = ticket.limit_price
    if base is None or price is None or ticket.order_class not in ENTRIES or exits_long(ticket) is not long:
        return False
    return (price - base) * (1 if long is wins else -1) < APART


_CLASS_OF_EXITS: Final = ("order_class", "side", "type", "limit_price")

RULES: Final = (
    # Types and times
    Rule(
        ("time_in_force", "type", "symbol"),
        "Stop, stop limit and trailing stop orders must be DAY or GTC orders.",
        _no_time_of_a_stop,
        ORDERS,
    ),
    # Parts of shares, and amounts of money
    Rule(
        ("time_in_force", "qty", "notional", "symbol"),
        "Fractional orders must be DAY orders.",
        lambda t: is_fractional(t) and t.time_in_force is not TimeInForce.DAY,
        TRADING_API,
    ),
    Rule(
        ("type", "qty", "notional", "symbol"),
        "Fractional orders must be market, limit, stop, or stop_limit orders.",
        lambda t: is_fractional(t) and t.type is OrderType.TRAILING_STOP,
        TRADING_API,
    ),
    Rule(
        ("order_class", "qty", "notional", "symbol"),
        "Fractional orders must be simple orders.",
        lambda t: is_fractional(t) and is_advanced(t),
        TRADING_API,
    ),
    Rule(
        ("notional", "symbol"),
        "Notional must be >= 1.00.",
        lambda t: t.notional is not None and t.notional < LEAST_NOTIONAL and not is_coin(t),
        TRADING_API,
    ),
    # Extended hours
    Rule(
        ("extended_hours", "symbol"),
        "Extended hours is not supported for options trading.",
        lambda t: t.extended_hours and is_option(t),
        OPTIONS,
    ),
    Rule(
        ("extended_hours", "type", "time_in_force"),
        "Extended hours order must be DAY or GTC limit orders.",
        lambda t: t.extended_hours and not (t.type is OrderType.LIMIT and t.time_in_force in DAY_OR_GTC),
        TRADING_API,
    ),
    Rule(
        ("extended_hours", "order_class"),
        "Extended hours order must be a simple order.",
        lambda t: t.extended_hours and is_advanced(t),
        ORDERS,
    ),
    # Coins
    Rule(
        ("type", "symbol"),
        "Invalid order type for crypto order: market, limit or stop_limit.",
        lambda t: is_coin(t) and t.type not in COIN_TYPES,
        CRYPTO,
    ),
    Rule(
        ("time_in_force", "symbol"),
        "Invalid crypto time_in_force: gtc or ioc.",
        lambda t: is_coin(t) and t.time_in_force not in COIN_TIMES,
        CRYPTO,
    ),
    Rule(
        ("order_class", "symbol"),
        "Crypto orders not allowed for advanced order_class.",
        lambda t: is_coin(t) and is_advanced(t),
        TRADING_API,
    ),
    Rule(
        ("notional", "symbol"),
        "Cost basis must be >= minimal amount of order 10.",
        lambda t: t.notional is not None and _costs_too_little(t),
        TRADING_API,
    ),
    Rule(
        ("qty", "symbol", "limit_price", "notional"),
        "Cost basis must be >= minimal amount of order 10.",
        lambda t: t.notional is None and _costs_too_little(t),
        TRADING_API,
    ),
    # Option contracts
    Rule(
        ("type", "symbol"),
        "Invalid order type for options trading: market or limit.",
        lambda t: is_option(t) and t.type not in MARKET_OR_LIMIT,
        OPTIONS,
    ),
    Rule(
        ("time_in_force", "symbol", "type"),
        "Order_time_in_force provided not supported for options trading: day, or gtc with a limit.",
        lambda t: (
            is_option(t)
            and t.time_in_force is not TimeInForce.DAY
            and not (t.time_in_force is TimeInForce.GTC and t.type is OrderType.LIMIT)
        ),
        OPTIONS,
    ),
    Rule(
        ("qty", "symbol", "notional"),
        "Qty must be integer for options trading.",
        lambda t: is_option(t) and t.notional is None and t.qty != t.qty.to_integral_value(),
        OPTIONS,
    ),
    Rule(
        ("notional", "symbol"),
        "Notional orders are not supported for options trading.",
        lambda t: is_option(t) and t.notional is not None,
        OPTIONS,
    ),
    Rule(
        ("order_class", "symbol"),
        "Complex orders not supported for options trading.",
        lambda t: is_option(t) and is_advanced(t),
        OPTIONS,
    ),
    # Bracket, OCO, OTO
    Rule(
        ("time_in_force", "order_class"),
        "Bracket, OCO and OTO orders must be DAY or GTC orders.",
        lambda t: is_advanced(t) and t.time_in_force not in DAY_OR_GTC,
        ORDERS,
    ),
    Rule(
        ("type", "order_class"),
        "Bracket and OTO orders must be market or limit orders.",
        lambda t: t.order_class in ENTRIES and t.type not in MARKET_OR_LIMIT,
        ORDERS,
    ),
    Rule(
        ("type", "order_class"),
        "Oco orders must be limit orders.",
        lambda t: t.order_class is OrderClass.OCO and t.type is not OrderType.LIMIT,
        ORDERS,
    ),
    Rule(
        ("order_class", "take_profit_price", "stop_loss_price"),
        "Oto orders require either take_profit or stop_loss; a bracket has both.",
        _not_one_exit,
        ORDERS,
    ),
    Rule(
        ("take_profit_price", "stop_loss_price", *_CLASS_OF_EXITS),
        "Take_profit.limit_price must be > stop_loss.stop_price.",
        lambda t: _is_crossed(t, long=True),
        TRADING_API,
    ),
    Rule(
        ("take_profit_price", "stop_loss_price", *_CLASS_OF_EXITS),
        "Take_profit.limit_price must be < stop_loss.stop_price.",
        lambda t: _is_crossed(t, long=False),
        TRADING_API,
    ),
    Rule(
        ("take_profit_price", *_CLASS_OF_EXITS),
        "Take_profit.limit_price must be >= base_price + 0.01.",
        lambda t: _is_beyond(t, t.take_profit_price, wins=True, long=True),
        TRADING_API,
    ),
    Rule(
        ("take_profit_price", *_CLASS_OF_EXITS),
        "Take_profit.limit_price must be <= base_price - 0.01.",
        lambda t: _is_beyond(t, t.take_profit_price, wins=True, long=False),
        TRADING_API,
    ),
    Rule(
        ("stop_loss_price", *_CLASS_OF_EXITS),
        "Stop_loss.stop_price must be <= base_price - 0.01.",
        lambda t: _is_beyond(t, t.stop_loss_price, wins=False, long=True),
        TRADING_API,
    ),
    Rule(
        ("stop_loss_price", *_CLASS_OF_EXITS),
        "Stop_loss.stop_price must be >= base_price + 0.01.",
        lambda t: _is_beyond(t, t.stop_loss_price, wins=False, long=False),
        TRADING_API,
    ),
)
"""Alpaca's own words where they have been observed, with what would be right where they do not say it."""
