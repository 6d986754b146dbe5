"""The client order id: the same ticket of the same account always gets the same id, so it cannot become two orders.

No clock and no counter of an attempt goes into it. Alpaca takes ids of up to 128 characters; these have 27.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from domain.order import OrderClass
from orders.ticket import Ticket

RARER: Final = (
    *("stop_price", "trail_price", "trail_percent", "notional"),
    *("take_profit_price", "stop_loss_price", "stop_loss_limit_price"),
)


def client_order_id(account_id: str, ticket: Ticket) -> str:
    """The id of a ticket: a hash of account, nonce and every field."""
    fields = (
        account_id,
        ticket.nonce,
        ticket.symbol,
        ticket.side.value,
        format(ticket.qty.normalize(), "f"),
        ticket.type.value,
        ticket.time_in_force.value,
        "" if ticket.limit_price is None else format(ticket.limit_price.normalize(), "f"),
        *_rarer(ticket),
    )
    digest = hashlib.sha256("\x1f".join(fields).encode()).digest()
    return "td-" + base64.b32encode(digest)[:24].decode().lower()


def _rarer(ticket: Ticket) -> list[str]:
    """Fields that most tickets leave alone, by name; an order without them keeps the id that it always had."""
    prices = {name: getattr(ticket, name) for name in RARER}
    told = [f"{name}={format(price.normalize(), 'f')}" for name, price in prices.items() if price is not None]
    if ticket.extended_hours:
        told.append("extended_hours")
    return told if ticket.order_class is OrderClass.SIMPLE else [*told, ticket.order_class.value]
