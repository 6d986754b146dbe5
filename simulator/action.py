"""An action: something that was done to the trading floor, and where in the market's time it applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from domain.session import to_ns
from simulator.rejection import Rejection
from simulator.request_body import parse_body
from simulator.ticket import Ticket

Deed = Literal["open", "close", "limit", "configure", "submit", "replace", "cancel", "turn", "halt", "elsewhere", "end"]


class ActionError(ValueError):
    """A log that cannot be read: says which file and line, and what is wrong."""


class Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything on the tape before `at` (nanoseconds UTC) had happened. `account` counts from 0, the first that was opened.

    `number` is that of an order, counted from 1 over all accounts, legs included. `fields` are as in the request.
    """

    at: int
    do: Deed
    account: int = 0
    number: int = 0
    fields: dict[str, Any] = {}


class _Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """As a person may write it: the moment as a time in RFC 3339 too."""

    at: int | str
    do: Deed
    account: int = 0
    number: int = 0
    fields: msgspec.Raw = msgspec.Raw(b"{}")


def written(action: Action) -> bytes:
    """One line of a log."""
    return msgspec.json.encode(action) + b"\n"


def read_actions(path: Path) -> list[Action]:
    """All actions of a log, one JSON object a line; empty lines do not count. Raises ActionError, OSError."""
    return list(_actions(path, path.read_bytes().splitlines()))


def _actions(path: Path, lines: Iterable[bytes]) -> Iterator[Action]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found = msgspec.json.decode(line, type=_Line)
                at = found.at if isinstance(found.at, int) else _moment(found.at)
                fields = parse_body(bytes(found.fields))
            except (msgspec.MsgspecError, Rejection, ValueError) as problem:
                raise ActionError(f"{path}, line {number}: {problem}") from problem
            yield Action(at=at, do=found.do, account=found.account, number=found.number, fields=fields)


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"at: {text} needs a zone, such as Z")
    return to_ns(moment)


def body_of(ticket: Ticket) -> dict[str, Any]:
    """The request that makes this ticket."""
    plain = {each.name: getattr(ticket, each.name) for each in fields(ticket) if each.name not in _ELSEWHERE}
    body = {"symbol": ticket.listing.symbol, "type": ticket.order_type, **plain}
    if ticket.notional is None:
        body["qty"] = ticket.qty
    if ticket.take_profit is not None:
        body["take_profit"] = {"limit_price": str(ticket.take_profit)}
    if ticket.stop_loss is not None:
        limit = {"limit_price": str(ticket.stop_loss_limit)} if ticket.stop_loss_limit is not None else {}
        body["stop_loss"] = {"stop_price": str(ticket.stop_loss), **limit}
    return as_request(body)


_ELSEWHERE = frozenset({"listing", "order_type", "qty", "take_profit", "stop_loss", "stop_loss_limit"})


def as_request(found: dict[str, Any]) -> dict[str, Any]:
    """Decimals as texts; without what is empty."""
    kept = {name: value for name, value in found.items() if value not in (None, "", False)}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in kept.items()}
