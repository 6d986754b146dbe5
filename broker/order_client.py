"""The order client: sends an order once and says honestly what became of it.

alpaca-py's client would send a POST again by itself on 429 and 504, and would wait for ever; both are switched off
(`broker.limits`). What is not a definite answer is called unclear, never a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

import structlog
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from requests import RequestException

from broker.limits import CONNECT_S, limited
from broker.order_wire import (
    account_state,
    broker_order,
    fill_activity,
    order_request,
    position,
    replace_request,
    with_legs,
)
from broker.rfc3339 import parse_time
from domain.account import AccountState
from domain.errors import HistoryError, RefusedError
from domain.fill import Fill
from domain.order import BrokerOrder, Order
from domain.session import to_datetime

Answer = TypeVar("Answer")

log = structlog.get_logger()

POST_LIMIT_S: Final = 7.0
"""With the wait for its turn before it and the look-up after it a click is answered within 12 s."""

POST_CONNECT_S: Final = 0.9
"""An order leaves within a second of the last look at the kill switch, or not at all: no connection is waited for longer."""

LOOK_UP_LIMIT_S: Final = 3.0
UNREADABLE: Final = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError)
"""What reading an answer raises that is not what it should be."""

NESTED: Final = {"nested": "true"}
"""Legs are told within the order that they came with, which is the only way to know that they did."""

DEFINITE_NO: Final = frozenset({400, 401, 403, 404, 422})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker has the order."""

    order: BrokerOrder


@dataclass(frozen=True, slots=True)
class Rejected:
    """The broker does not have it, and said why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The broker has an order of that client order id already: an earlier try was accepted."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The broker did not look at it (429). It may be sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether the broker has it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The broker definitely knows no such order."""


Outcome = Accepted | Rejected | Duplicate | NotTaken | Unclear
Found = Accepted | Missing | Unclear


class OrderClient:
    """Orders and what belongs to them by REST. Every call may block for seconds: not for an event loop."""

    def __init__(self, url: str, key: str, secret: str, paper: bool) -> None:
        self.quarantined = 0
        self._orders = _client(url, key, secret, paper, POST_LIMIT_S, POST_CONNECT_S)
        self._reads = _client(url, key, secret, paper, LOOK_UP_LIMIT_S)
        self._lists = _client(url, key, secret, paper, POST_LIMIT_S)

    def submit(self, order: Order) -> Outcome:
        """One POST, or one PATCH for an order that replaces another."""
        try:
            found = broker_order(self._send(order))
        except APIError as error:
            return _refusal(error)
        except (RequestException, *UNREADABLE) as error:
            return Unclear(f"No clear answer from the broker ({type(error).__name__}).")
        if found.client_order_id != order.client_order_id:
            return Unclear("The broker answered with another order.")
        return Accepted(found)

    def look_up(self, client_order_id: str) -> Found:
        """Whether the broker has an order of that client order id."""
        query = {"client_order_id": client_order_id, **NESTED}
        try:
            answer: Any = self._reads.get("/orders:by_client_order_id", query)
            return Accepted(broker_order(answer))
        except APIError as error:
            return Missing() if error.status_code == 404 else Unclear(f"The broker answered with {error.status_code}.")
        except (RequestException, *UNREADABLE) as error:
            return Unclear(f"No clear answer from the broker ({type(error).__name__}).")

    def cancel(self, order_id: str) -> str:
        """Ask for a cancel; empty if the broker took the request, else why not. Only a trade update says that it is canceled."""
        try:
            self._reads.delete(f"/orders/{order_id}")
        except APIError as error:
            return _message(error)
        except (RequestException, ValueError) as error:
            return f"No clear answer from the broker ({type(error).__name__}). The cancel may still happen."
        return ""

    def clock(self) -> int:
        """The market's time in ns, as the broker has it now."""
        return self._read("/clock", {}, lambda row: parse_time(str(row["timestamp"])))

    def open_orders(self) -> list[BrokerOrder]:
        """All working orders, legs among them without their parents. HistoryError if they cannot be had."""
        return self._rows("/orders", {"status": "open", "limit": "500", "nested": "false"}, broker_order)

    def order(self, order_id: str) -> BrokerOrder | None:
        """One order by the broker's id, with its legs; None if the broker knows no such order or tells of it in unknown words.

        HistoryError if the broker does not answer.
        """
        try:
            return broker_order(self._list(f"/orders/{order_id}", NESTED))
        except UNREADABLE:
            return None
        except HistoryError as error:
            if isinstance(error.__cause__, APIError) and error.__cause__.status_code == 404:
                return None
            raise

    def orders_since(self, ts_event: int) -> list[BrokerOrder]:
        """The orders of every state that were submitted after an instant (ns), newest first, at most 500, and their legs."""
        query = {"status": "all", "limit": "500", "direction": "desc", "after": to_datetime(ts_event).isoformat()}
        return [each for found in self._rows("/orders", query | NESTED, broker_order) for each in with_legs(found)]

    def fills_since(self, ts_event: int, account_id: str) -> list[tuple[Fill, Decimal]]:
        """Executions after an instant (ns), oldest first, each with the quantity filled of its order so far."""
        found: list[tuple[Fill, Decimal]] = []
        query = {"after": to_datetime(ts_event).isoformat(), "direction": "asc", "page_size": "100"}
        while True:
            page = self._page("/account/activities/FILL", query)
            found += self._readable("fill", page, lambda row: fill_activity(row, account_id))
            token = str(page[-1].get("id", "")) if page and isinstance(page[-1], dict) else ""
            if len(page) < 100 or token in ("", query.get("page_token")):
                return found
            query["page_token"] = token

    def positions(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Signed quantity and signed cost by symbol: all of them, or HistoryError. One that is left out would look sold."""
        return self._read("/positions", {}, lambda rows: dict(position(row) for row in rows))

    def account(self) -> AccountState:
        """The account as the broker has it now."""
        return self._read("/account", {}, account_state)

    def _send(self, order: Order) -> Any:
        if order.replaces:
            return self._orders.patch(f"/orders/{order.replaces}", replace_request(order))
        return self._orders.post("/orders", order_request(order))

    def _read(self, path: str, query: dict[str, str], read: Callable[[Any], Answer]) -> Answer:
        try:
            return read(self._list(path, query))
        except UNREADABLE as error:
            raise HistoryError(f"The trading server's answer to {path} cannot be read.") from error

    def _rows(self, path: str, query: dict[str, str], read: Callable[[Any], Answer]) -> list[Answer]:
        return self._readable(path, self._page(path, query), read)

    def _page(self, path: str, query: dict[str, str]) -> list[Any]:
        rows = self._list(path, query)
        if not isinstance(rows, list):
            raise HistoryError(f"The trading server's answer to {path} cannot be read.")
        return rows

    def _readable(self, what: str, rows: list[Any], read: Callable[[Any], Answer]) -> list[Answer]:
        """What can be read of rows; words that nobody here knows are put aside and counted, as on the stream."""
        found: list[Answer] = []
        for row in rows:
            try:
                found.append(read(row))
            except UNREADABLE:
                self.quarantined += 1
                log.warning("answer put aside", of=what, row=str(row)[:500])
        return found

    def _list(self, path: str, query: dict[str, str]) -> Any:
        try:
            return self._lists.get(path, query)
        except APIError as error:
            if error.status_code in (401, 403):
                raise RefusedError(f"Alpaca refused the keys ({error.status_code}).") from error
            raise HistoryError(f"Alpaca answered {path} with {error.status_code}.") from error
        except (RequestException, ValueError) as error:
            raise HistoryError(f"The trading server did not answer {path} ({type(error).__name__}).") from error


def _client(
    url: str, key: str, secret: str, paper: bool, limit_s: float, connect_s: float = CONNECT_S
) -> TradingClient:
    return limited(TradingClient(key, secret, paper=paper, raw_data=True, url_override=url), limit_s, connect_s)


def _refusal(error: APIError) -> Outcome:
    message = _message(error)
    if error.status_code == 422 and "client_order_id must be unique" in message:
        return Duplicate()
    if error.status_code == 429:
        return NotTaken("Alpaca's rate limit was reached (429); the order was not taken.")
    if error.status_code in DEFINITE_NO:
        return Rejected(message)
    return Unclear(f"The broker answered with {error.status_code}.")


def _message(error: APIError) -> str:
    """The broker's own words. alpaca-py's `.message` raises on answers that are not JSON."""
    try:
        body = json.loads(str(error))
        return str(body["message"])
    except (ValueError, KeyError, TypeError):
        return f"The broker answered with {error.status_code}."
