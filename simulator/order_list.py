"""The list of orders: the query of GET /v2/orders and what it lets through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from simulator.client_order import ClientOrder
from simulator.data_query import parse_moment
from simulator.rejection import malformed, missing

DEFAULT_LIMIT, LARGEST_LIMIT = 50, 500
STATUSES = ("open", "closed", "all")


@dataclass(frozen=True, slots=True)
class OrderList:
    """`after` and `until` are both excluded; an empty set of symbols lets all through. `nested` puts legs into their orders."""

    status: str
    limit: int
    after: int | None
    until: int | None
    descending: bool
    symbols: frozenset[str]
    side: str | None
    nested: bool = False
    asset_classes: frozenset[str] = frozenset()
    before_order_id: UUID | None = None
    after_order_id: UUID | None = None

    def choose(
        self, orders: Iterable[ClientOrder], known: Mapping[UUID, ClientOrder] | None = None
    ) -> list[ClientOrder]:
        """From orders with the oldest first; `known` are all, for the ids that the query names. Raises Rejection."""
        first, last = (_sequence(each, known or {}) for each in (self.after_order_id, self.before_order_id))
        found = [
            order
            for order in orders
            if self._lets_through(order)
            and (first is None or order.sequence > first)
            and (last is None or order.sequence < last)
        ]
        if self.nested:
            # A leg whose order is not in the answer would be lost if it were not told of by itself.
            there = {order.order_id for order in found}
            found = [order for order in found if order.parent_id not in there]
        return (found[::-1] if self.descending else found)[: self.limit]

    def _lets_through(self, order: ClientOrder) -> bool:
        if self.status != "all" and order.is_done != (self.status == "closed"):
            return False
        if self.symbols and not self.symbols & {order.symbol, order.symbol.replace("/", "")}:
            return False
        if self.asset_classes and order.asset_class not in self.asset_classes:
            return False
        if self.side not in (None, order.side):
            return False
        late_enough = self.after is None or order.created_at > self.after
        return late_enough and (self.until is None or order.created_at < self.until)


def _sequence(order_id: UUID | None, known: Mapping[UUID, ClientOrder]) -> int | None:
    if order_id is None:
        return None
    if order_id not in known:
        raise missing(f"order not found for {order_id}")
    return known[order_id].sequence


def parse_order_list(parameters: Mapping[str, str]) -> OrderList:
    """Raises Rejection."""
    before, after = (_order_id(parameters, name) for name in ("before_order_id", "after_order_id"))
    if before and after:
        raise malformed("before_order_id and after_order_id are mutually exclusive")
    if (before or after) and (parameters.get("after") or parameters.get("until")):
        raise malformed("before_order_id and after_order_id cannot be combined with after or until")
    symbols = (symbol.strip().upper() for symbol in parameters.get("symbols", "").split(","))
    return OrderList(
        status=one_of(parameters, "status", STATUSES) or "open",
        limit=parse_limit(parameters, "limit", DEFAULT_LIMIT, LARGEST_LIMIT),
        after=moment_of(parameters, "after"),
        until=moment_of(parameters, "until"),
        descending=one_of(parameters, "direction", ("desc", "asc")) != "asc",
        symbols=frozenset(symbol for symbol in symbols if symbol),
        side=one_of(parameters, "side", ("buy", "sell")),
        nested=is_true(parameters, "nested"),
        asset_classes=_asset_classes(parameters),
        before_order_id=before,
        after_order_id=after,
    )


def _asset_classes(parameters: Mapping[str, str]) -> frozenset[str]:
    """None for all of them."""
    found = frozenset(filter(None, parameters.get("asset_class", "").lower().split(",")))
    return frozenset() if "all" in found else found


def _order_id(parameters: Mapping[str, str], name: str) -> UUID | None:
    text = parameters.get(name)
    try:
        return UUID(text) if text else None
    except ValueError as problem:
        raise malformed(f"invalid {name}") from problem


def is_true(parameters: Mapping[str, str], name: str) -> bool:
    """Whether the parameter says yes, as any client writes it."""
    return parameters.get(name, "").lower() in ("true", "1")


def one_of(parameters: Mapping[str, str], name: str, known: Iterable[str]) -> str | None:
    """The parameter, None without it; raises Rejection for a value that is not known."""
    value = parameters.get(name, "").lower() or None
    if value is not None and value not in known:
        raise malformed(f"invalid {name}")
    return value


def parse_limit(parameters: Mapping[str, str], name: str, default: int, largest: int) -> int:
    """A number from 1 to the largest; raises Rejection."""
    text = parameters.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= largest):
        raise malformed(f"invalid {name}")
    return int(text)


def moment_of(parameters: Mapping[str, str], name: str) -> int | None:
    """Nanoseconds UTC; raises Rejection."""
    text = parameters.get(name)
    try:
        return parse_moment(text) if text else None
    except ValueError as problem:
        raise malformed(f"invalid {name}") from problem
