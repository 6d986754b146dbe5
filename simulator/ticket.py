"""A ticket: what a client asks for in POST /v2/orders, read and checked as far as it can be without the account.

Source: "Trading API" (CreateOrderRequest), "Orders at Alpaca"; the texts are those that have been observed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from simulator.client_order import OrderClass, OrderType, TimeInForce
from simulator.listing import Listing
from simulator.rejection import malformed, unprocessable
from simulator.request_body import check_price, one_of, parse_number, parse_price
from simulator.ticket_rules import check_rules

CLASSES: dict[str, OrderClass] = {"": "", "simple": "", "bracket": "bracket", "oco": "oco", "oto": "oto"}
SMALLEST_TRAIL_PERCENT = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order that could be: `client_order_id` is empty when the client gave none.

    Either `qty` is above 0 or there is a `notional` in USD. `take_profit` is the limit, `stop_loss` the stop and
    `stop_loss_limit` the limit of the legs of an order class.
    """

    listing: Listing
    side: Literal["buy", "sell"]
    order_type: OrderType
    time_in_force: TimeInForce
    qty: Decimal
    limit_price: Decimal | None = None
    client_order_id: str = ""
    extended_hours: bool = False
    position_intent: str | None = None
    notional: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    order_class: OrderClass = ""
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    stop_loss_limit: Decimal | None = None

    @property
    def is_odd(self) -> bool:
        """Whether it is for an amount of money or for parts of the smallest lot."""
        return self.notional is not None or bool(self.qty % self.listing.unit)


def parse_ticket(fields: Mapping[str, Any], listings: Mapping[str, Listing]) -> Ticket:
    """Raises Rejection for what Alpaca would not take."""
    order_class = _order_class(fields)
    order_type: OrderType = _order_type(fields)
    side: Literal["buy", "sell"] = one_of(fields, "side", ("buy", "sell"))
    time_in_force: TimeInForce = one_of(fields, "time_in_force", ("day", "gtc", "ioc", "fok", "opg", "cls"))
    qty, notional = _size(fields)
    ticket = Ticket(
        _listing(fields, listings),
        side,
        order_type,
        time_in_force,
        qty,
        client_order_id=parse_client_order_id(fields),
        extended_hours=bool(fields.get("extended_hours")),
        position_intent=fields.get("position_intent"),
        notional=notional,
        order_class=order_class,
    )
    ticket = _with_legs(_with_prices(ticket, fields), fields)
    check_rules(ticket)
    return ticket


def _order_class(fields: Mapping[str, Any]) -> OrderClass:
    found = fields.get("order_class") or ""
    if found == "mleg":
        raise unprocessable("mleg orders are not supported")
    if not isinstance(found, str) or found not in CLASSES:
        raise malformed("invalid order_class")
    return CLASSES[found]


def _order_type(fields: Mapping[str, Any]) -> Any:
    found = fields.get("type")
    if found not in ("market", "limit", "stop", "stop_limit", "trailing_stop"):
        raise malformed("invalid order type")
    if found != "trailing_stop" and ("trail_price" in fields or "trail_percent" in fields):
        raise malformed(f"{found} orders must not have trail_price or trail_percent")
    return found


def _size(fields: Mapping[str, Any]) -> tuple[Decimal, Decimal | None]:
    if "qty" not in fields and "notional" not in fields:
        raise malformed("qty or notional is required")
    if "qty" in fields and "notional" in fields:
        raise malformed("only one of qty or notional is accepted")
    if "notional" in fields:
        notional = parse_number(fields["notional"], "notional")
        if notional < 1 or notional % Decimal("0.01"):
            raise unprocessable("notional must be >= 1.00" if notional < 1 else "notional must have at most 2 decimals")
        return Decimal(0), notional
    qty = parse_number(fields["qty"], "qty")
    if qty <= 0:
        raise malformed("qty must be > 0")
    if qty % Decimal("1e-9"):
        raise malformed("qty must have at most 9 decimals")
    return qty.to_integral_value() if qty == qty.to_integral_value() else qty, None


def _with_prices(ticket: Ticket, fields: Mapping[str, Any]) -> Ticket:
    """The prices that belong to the order's type, and no others."""
    kind = ticket.order_type
    if kind == "trailing_stop":
        return _with_trail(ticket, fields)
    take_profit = fields.get("take_profit")
    if ticket.order_class == "oco" and "limit_price" not in fields and isinstance(take_profit, dict):
        fields = {**fields, "limit_price": take_profit.get("limit_price")}
    given = {name for name in ("limit_price", "stop_price") if fields.get(name) is not None}
    if kind == "market" and given:
        raise malformed("market orders require no stop or limit price")
    if kind == "stop_limit" and len(given) < 2:
        raise malformed("stop limit orders require both stop and limit price")
    if kind == "stop" and given != {"stop_price"}:
        missing = "stop_price" not in given
        raise malformed("stop orders require a stop price" if missing else "stop orders require no limit price")
    if kind == "limit" and given != {"limit_price"}:
        missing = "limit_price" not in given
        raise malformed("limit orders require a limit price" if missing else "limit orders require no stop price")
    prices = {name: parse_price(fields[name], name) for name in given}
    for name, price in prices.items():
        check_price(price, name, ticket.listing)
    return replace(ticket, limit_price=prices.get("limit_price"), stop_price=prices.get("stop_price"))


def _with_trail(ticket: Ticket, fields: Mapping[str, Any]) -> Ticket:
    if ("trail_price" in fields) == ("trail_percent" in fields):
        raise malformed("trailing stop orders must specify one of trail_price or trail_percent")
    if "limit_price" in fields or "stop_price" in fields:
        raise malformed("trailing stop orders require no stop or limit price")
    if "trail_price" in fields:
        price = parse_price(fields["trail_price"], "trail_price")
        check_price(price, "trail_price", ticket.listing)
        return replace(ticket, trail_price=price)
    percent = parse_number(fields["trail_percent"], "trail_percent")
    if percent < SMALLEST_TRAIL_PERCENT:
        raise malformed("trail_percent must be greater than or equal to 0.1")
    if percent >= 100:
        raise malformed("trail_percent must be less than 100")
    return replace(ticket, trail_percent=percent)


def _with_legs(ticket: Ticket, fields: Mapping[str, Any]) -> Ticket:
    """The prices of the legs, for the classes that have them."""
    take_profit = _leg_price(fields, "take_profit", "limit_price", ticket.listing)
    limit_price = ticket.limit_price
    if ticket.order_class == "oco":
        # Of an OCO the order itself is the take-profit.
        take_profit = limit_price = take_profit or limit_price
    return replace(
        ticket,
        limit_price=limit_price,
        take_profit=take_profit,
        stop_loss=_leg_price(fields, "stop_loss", "stop_price", ticket.listing),
        stop_loss_limit=_leg_price(fields, "stop_loss", "limit_price", ticket.listing),
    )


def _leg_price(fields: Mapping[str, Any], leg: str, field: str, listing: Listing) -> Decimal | None:
    values = fields.get(leg) or {}
    if not isinstance(values, dict):
        raise malformed(f"invalid {leg}")
    if values.get(field) is None:
        return None
    price = parse_price(values[field], f"{leg}.{field}")
    check_price(price, f"{leg}.{field}", listing)
    return price


def _listing(fields: Mapping[str, Any], listings: Mapping[str, Listing]) -> Listing:
    name = fields.get("symbol")
    if not isinstance(name, str) or not name:
        raise malformed("symbol is required")
    found = find_listing(name, listings)
    if found is None:
        raise unprocessable(f'asset "{name}" not found')
    return found


def find_listing(name: str, listings: Mapping[str, Listing]) -> Listing | None:
    """The listing of a symbol, with or without the slash of a coin, or of an asset id."""
    known = listings.get(name.upper())
    names = ((each, (each.symbol.replace("/", ""), str(each.asset_id).upper())) for each in listings.values())
    return known or next((each for each, others in names if name.upper() in others), None)


def parse_client_order_id(fields: Mapping[str, Any]) -> str:
    """The name that the client gave, or nothing. Raises Rejection."""
    client_order_id = fields.get("client_order_id", "")
    if not isinstance(client_order_id, str):
        raise malformed("invalid client_order_id")
    if len(client_order_id) > 128:
        raise malformed("client_order_id must be no more than 128 characters")
    return client_order_id
