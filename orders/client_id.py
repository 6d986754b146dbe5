"""The client order id: the same ticket of the same account always gets the same id, so it cannot become two orders.

No clock and no counter of an attempt goes into it. Alpaca takes ids of up to 128 characters; these have 27.
"""

from __future__ import annotations

import base64
import hashlib

from orders.ticket import Ticket, rarer_fields


def client_order_id(account_id: str, ticket: Ticket) -> str:
    """The id of a ticket: a hash of account, nonce and every field. An order without rarer fields keeps the id it always had."""
    fields = (
        account_id,
        ticket.nonce,
        ticket.symbol,
        ticket.side.value,
        format(ticket.qty.normalize(), "f"),
        ticket.type.value,
        ticket.time_in_force.value,
        "" if ticket.limit_price is None else format(ticket.limit_price.normalize(), "f"),
        *rarer_fields(ticket),
    )
    return _hashed(*fields)


def derived_id(account_id: str, what: str, *words: str) -> str:
    """The id of an order whose size is reckoned when it is sent: the same wish twice is one order, whatever is held then."""
    return _hashed(account_id, f"#{what}", *words)


def _hashed(*words: str) -> str:
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return "td-" + base64.b32encode(digest)[:24].decode().lower()
