"""A ticket: what a client asks for in POST /v2/orders, read and checked as far as it can be without the account.

Source: "Trading API" (CreateOrderRequest), "Orders at Alpaca"; the texts are those that have been observed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NoReturn

from simulator.listing import Listing, crypto_listings
from simulator.rejection import Rejection, malformed, unprocessable

TYPES_TO_COME = ("stop", "stop_limit", "trailing_stop")
TIMES_TO_COME = ("opg", "cls")
CLASSES_TO_COME = ("bracket", "oco", "oto", "mleg")
COINS = frozenset(coin.symbol.replace("/", "") for coin in crypto_listings())
LARGEST = Decimal(10) ** 9  # shares, and USD for one: so that sums keep their digits


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order that could be: `client_order_id` is empty when the client gave none."""

    listing: Listing
    side: Literal["buy", "sell"]
    order_type: Literal["market", "limit"]
    time_in_force: Literal["day", "gtc", "ioc", "fok"]
    qty: Decimal
    limit_price: Decimal | None = None
    client_order_id: str = ""
    extended_hours: bool = False
    position_intent: str | None = None


def parse_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; numbers become the Decimal that is written there. Raises Rejection."""
    try:
        found = json.loads(body or b"{}", parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Rejection(400, 40010000, "request body format is invalid") from problem
    if not isinstance(found, dict):
        raise Rejection(400, 40010000, "request body format is invalid")
    return {name: value for name, value in found.items() if value is not None}


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def parse_ticket(fields: Mapping[str, Any], listings: Mapping[str, Listing]) -> Ticket:
    """Raises Rejection for what Alpaca would not take, or what the practice market cannot do yet."""
    _check_coin(fields)
    _check_class(fields)
    order_type = _order_type(fields)
    side = _one_of(fields, "side", ("buy", "sell"))
    time_in_force = _time_in_force(fields)
    qty = _qty(fields)
    limit_price = _limit_price(fields, order_type)
    if fields.get("extended_hours") and (order_type != "limit" or time_in_force not in ("day", "gtc")):
        raise unprocessable("extended hours order must be DAY or GTC limit orders")
    return Ticket(
        _listing(fields, listings),
        side,
        order_type,
        time_in_force,
        qty,
        limit_price,
        _client_order_id(fields),
        bool(fields.get("extended_hours")),
        fields.get("position_intent"),
    )


def _check_coin(fields: Mapping[str, Any]) -> None:
    """Coins can be watched, but not traded yet."""
    if str(fields.get("symbol")).upper().replace("/", "") in COINS:
        raise unprocessable("crypto orders are not supported")


def _check_class(fields: Mapping[str, Any]) -> None:
    order_class = fields.get("order_class") or "simple"
    if order_class in CLASSES_TO_COME:
        raise unprocessable(f"{order_class} orders are not supported")
    if order_class != "simple":
        raise malformed("invalid order_class")


def _one_of(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Any:
    if fields.get(name) not in known:
        raise malformed(f"invalid {name}")
    return fields[name]


def _order_type(fields: Mapping[str, Any]) -> Literal["market", "limit"]:
    order_type = fields.get("type")
    if order_type in TYPES_TO_COME:
        raise unprocessable(f"{order_type} orders are not supported")
    if order_type not in ("market", "limit"):
        raise malformed("invalid order type")
    if "trail_price" in fields or "trail_percent" in fields:
        raise malformed(f"{order_type} orders must not have trail_price or trail_percent")
    return "market" if order_type == "market" else "limit"


def _time_in_force(fields: Mapping[str, Any]) -> Literal["day", "gtc", "ioc", "fok"]:
    if fields.get("time_in_force") in TIMES_TO_COME:
        raise unprocessable(f"{fields['time_in_force']} orders are not supported")
    found: Literal["day", "gtc", "ioc", "fok"] = _one_of(fields, "time_in_force", ("day", "gtc", "ioc", "fok"))
    return found


def _qty(fields: Mapping[str, Any]) -> Decimal:
    if "qty" not in fields and "notional" not in fields:
        raise malformed("qty or notional is required")
    if "qty" in fields and "notional" in fields:
        raise malformed("only one of qty or notional is accepted")
    if "notional" in fields:
        raise unprocessable("notional orders are not supported")
    qty = parse_number(fields["qty"], "qty")
    if qty <= 0:
        raise malformed("qty must be > 0")
    if qty != qty.to_integral_value():
        raise unprocessable("fractional orders are not supported")
    return qty.to_integral_value()


def _limit_price(fields: Mapping[str, Any], order_type: str) -> Decimal | None:
    if order_type == "market":
        if "limit_price" in fields or "stop_price" in fields:
            raise malformed("market orders require no stop or limit price")
        return None
    if "stop_price" in fields:
        raise malformed("limit orders require no stop price")
    if "limit_price" not in fields:
        raise malformed("limit orders require a limit price")
    price = parse_number(fields["limit_price"], "limit_price")
    if price <= 0:
        raise malformed("limit price must be > 0")
    step = Decimal("0.01") if price >= 1 else Decimal("0.0001")
    if price % step:
        raise unprocessable(
            f"invalid limit_price {price:f}. sub-penny increment does not fulfill minimum pricing criteria"
        )
    return price


def parse_number(value: object, name: str) -> Decimal:
    """A number, or a text that is one; raises Rejection."""
    try:
        number = Decimal(value) if isinstance(value, str | Decimal) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > LARGEST or number.adjusted() < -12:
        raise malformed(f"invalid {name}")
    return number


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


def _client_order_id(fields: Mapping[str, Any]) -> str:
    client_order_id = fields.get("client_order_id", "")
    if not isinstance(client_order_id, str):
        raise malformed("invalid client_order_id")
    if len(client_order_id) > 128:
        raise malformed("client_order_id must be no more than 128 characters")
    return client_order_id
