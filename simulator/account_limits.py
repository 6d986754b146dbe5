"""The limits of an account: what whoever opened it lets it do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from domain.session import NS_PER_SECOND
from simulator.rejection import Rejection, forbidden, malformed
from simulator.request_body import parse_number

if TYPE_CHECKING:
    from simulator.client_order import ClientOrder
    from simulator.trader import Trader

MULTIPLIERS = (1, 2, 4)  # "Margin and Short Selling": cash, Regulation T, four times for day traders
MOST_ORDERS = 100_000
MINUTE_NS = 60 * NS_PER_SECOND


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`multiplier` times the equity can be bought; with 1 nothing is sold short. None and () are no limit."""

    multiplier: int = 2
    orders_per_minute: int | None = None
    symbols: tuple[str, ...] = ()


def parse_limits(fields: Mapping[str, Any], listed: Collection[str], known: AccountLimits) -> AccountLimits:
    """The limits that a request names; what it does not name stays as `known`. Raises Rejection, which names the field."""
    multiplier, orders, symbols = known.multiplier, known.orders_per_minute, known.symbols
    if "multiplier" in fields:
        multiplier = _whole(fields, "multiplier", MULTIPLIERS[-1])
        if multiplier not in MULTIPLIERS:
            raise malformed("multiplier must be 1, 2 or 4")
    if "orders_per_minute" in fields:
        orders = _whole(fields, "orders_per_minute", MOST_ORDERS) or None
    if "symbols" in fields:
        symbols = _symbols(fields["symbols"], listed)
    return AccountLimits(multiplier=multiplier, orders_per_minute=orders, symbols=symbols)


def _whole(fields: Mapping[str, Any], name: str, most: int) -> int:
    number = parse_number(fields[name], name)
    if number != number.to_integral_value() or not 0 <= number <= most:
        raise malformed(f"{name} must be a whole number, 0 to {most}")
    return int(number)


def _symbols(names: object, listed: Collection[str]) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise malformed("symbols must be a list of texts; an empty one allows all")
    unknown = [name for name in names if name not in listed]
    if unknown:
        raise malformed(f"symbols: {', '.join(unknown)} not listed")
    return tuple(dict.fromkeys(names))


def check_limits(trader: Trader, order: ClientOrder) -> None:
    """Whether the account may send this order too. What only closes a position may be of any symbol. Raises Rejection."""
    limits = trader.row.limits
    if order.opens and limits.symbols and order.symbol not in limits.symbols:
        raise forbidden(f"this account may trade {', '.join(limits.symbols)} only, not {order.symbol}")
    most = limits.orders_per_minute
    if most is not None and _sent_since(trader, order.created_at - MINUTE_NS, most) >= most:
        raise Rejection(429, 42910000, f"rate limit exceeded: this account may send {most} orders a minute")


def _sent_since(trader: Trader, moment: int, enough: int) -> int:
    """How many orders the account has sent since a moment, the legs of others aside; counts no further than `enough`."""
    count = 0
    for order in reversed(trader.orders.values()):
        if order.created_at <= moment or count >= enough:
            break
        count += order.parent_id is None
    return count
