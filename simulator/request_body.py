"""The body of a request: a JSON object, and the words, numbers and prices in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from simulator.listing import Listing
from simulator.rejection import Rejection, malformed, unprocessable

LARGEST = Decimal(10) ** 9  # shares, and USD for one: so that sums keep their digits


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


def one_of(fields: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Any:
    """One of the words that are known; raises Rejection."""
    if fields.get(name) not in known:
        raise malformed(f"invalid {name}")
    return fields[name]


def parse_number(value: object, name: str) -> Decimal:
    """A number, or a text that is one; raises Rejection."""
    try:
        number = Decimal(value) if isinstance(value, str | Decimal) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > LARGEST or number.adjusted() < -12:
        raise malformed(f"invalid {name}")
    return number


def parse_price(value: object, name: str) -> Decimal:
    """A number above 0; raises Rejection."""
    price = parse_number(value, name)
    if price <= 0:
        raise malformed(f"{name if '.' in name else name.replace('_', ' ')} must be > 0")
    return price


def check_price(price: Decimal, name: str, listing: Listing) -> None:
    """Whether shares may be priced so finely; coins may, to nine decimals. Raises Rejection."""
    step = Decimal("1e-9") if listing.is_crypto else Decimal("0.01") if price >= 1 else Decimal("0.0001")
    if price % step:
        raise unprocessable(f"invalid {name} {price:f}. sub-penny increment does not fulfill minimum pricing criteria")
